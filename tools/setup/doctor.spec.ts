import { describe, expect, it } from 'vitest';
import { doctor, formatReport } from './doctor.ts';

describe('egolab doctor', () => {
  it('looks at everything, and says how to get what is missing', async () => {
    const { ready, findings } = await doctor();
    expect(new Set(findings.map(({ name }) => name))).toEqual(
      new Set([
        'Node',
        'Python (.venv)',
        'DVC',
        'MLflow',
        'TensorFlow',
        'CPU',
        'GPU',
        'ffmpeg',
        'MLflow server',
        'SmolLM2',
        'MiniLM',
        'Robotics',
      ]),
    );
    expect(ready).toBe(findings.every(({ found, optional }) => found || optional));
    expect(findings.find(({ name }) => name === 'TensorFlow')).toMatchObject({
      found: true,
      detail: expect.stringMatching(/^libtensorflow 2\.21\.\d+ on (CPU|CUDA)$/) as string,
    });
    for (const { found, optional, mend } of findings) expect(found || optional || mend).toBeTruthy();
  });

  it('is readable', () => {
    const findings = [
      { name: 'Node', found: true, detail: '20.1.0' },
      { name: 'TensorFlow', found: false, detail: "doesn't run", mend: 'run `npm run setup`' },
      { name: 'GPU', found: false, optional: true, detail: 'none' },
    ];
    expect(formatReport({ ready: false, findings })).toBe(
      "ok  Node        20.1.0\nNO  TensorFlow  doesn't run\n                run `npm run setup`\n-   GPU         none\n\nSomething is missing: run `npm run setup`.",
    );
  });
});
