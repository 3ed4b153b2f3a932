"""Questions and answers over standard input and output; standard library only.

A message is the length of its header (unsigned 32-bit, little endian), the header (JSON), and the arrays that `header["arrays"]`
names, one after the other, C order, little endian: `{"name": "image", "dtype": "uint8", "shape": [64, 64, 3]}`. A question has
`op`; each gets one answer, in order. A failure is an answer too: `{"error": {"kind": "mistake", "what", "where", "mend"}}` where the
user can mend it, `{"error": {"kind": "failure", "what"}}` with a traceback where not. End of input ends the process.
"""

import json
import os
import struct
import sys
import traceback

SIZES = {"uint8": 1, "float32": 4, "float64": 8}


class Mistake(Exception):
    """Something that the user can mend."""

    def __init__(self, what, where=None, mend=None):
        super().__init__(what)
        self.answer = {"kind": "mistake", "what": what, "where": where, "mend": mend}


def serve(handlers):
    """Answer until the input ends. `handlers[op](header, arrays)` gives a header and a list of (name, dtype, shape, bytes)."""
    questions, answers = os.fdopen(os.dup(0), "rb"), os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)  # what libraries print is no answer
    sys.stdout = sys.stderr
    while (question := _read(questions)) is not None:
        _write(answers, *_answer(handlers, *question))


def _answer(handlers, header, arrays):
    try:
        handler = handlers.get(header.get("op"))
        if handler is None:
            raise ValueError(f"unknown op {header.get('op')!r}, known: {', '.join(sorted(handlers))}")
        return handler(header, arrays)
    except Mistake as mistake:
        return {"error": mistake.answer}, []
    except Exception:
        return {"error": {"kind": "failure", "what": traceback.format_exc()}}, []


def _read(stream):
    size = stream.read(4)
    if len(size) < 4:
        return None
    header = json.loads(stream.read(struct.unpack("<I", size)[0]))
    arrays = {}
    for entry in header.get("arrays", []):
        count = SIZES[entry["dtype"]]
        for length in entry["shape"]:
            count *= length
        arrays[entry["name"]] = (entry["dtype"], entry["shape"], stream.read(count))
    return header, arrays


def _write(stream, header, arrays):
    named = [{"name": name, "dtype": dtype, "shape": list(shape)} for name, dtype, shape, _ in arrays]
    content = json.dumps({**header, "arrays": named}).encode()
    stream.write(struct.pack("<I", len(content)) + content)
    for *_, data in arrays:
        stream.write(data)
    stream.flush()
