"""Unpack the files of a folder's wheels that match patterns: extract.py WHEELS (PATTERN FOLDER)...

The first group of PATTERN is the path below FOLDER. Each pattern has to match something.
"""

import pathlib
import re
import shutil
import sys
import zipfile

wheels, *pairs = sys.argv[1:]
wanted = [(re.compile(pattern), pathlib.Path(folder)) for pattern, folder in zip(pairs[::2], pairs[1::2])]
unmatched = {pattern for pattern, _ in wanted}

for wheel in sorted(pathlib.Path(wheels).glob("*.whl")):
    with zipfile.ZipFile(wheel) as archive:
        for name in archive.namelist():
            for pattern, folder in wanted:
                match = pattern.fullmatch(name)
                if not match or name.endswith("/"):
                    continue
                unmatched.discard(pattern)
                target = folder / match.group(1)
                target.parent.mkdir(parents=True, exist_ok=True)
                partial = target.with_name(target.name + ".partial")
                with archive.open(name) as source, open(partial, "wb") as sink:
                    shutil.copyfileobj(source, sink, 1 << 20)
                partial.chmod((archive.getinfo(name).external_attr >> 16) & 0o777 or 0o644)
                partial.replace(target)
    wheel.unlink()

if unmatched:
    sys.exit("no file matches " + ", ".join(pattern.pattern for pattern in unmatched))
