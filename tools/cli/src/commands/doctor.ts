import type { Command } from 'commander';
import { define, handle } from '../command.ts';

export function addDoctor(egolab: Command): void {
  const command = define(egolab, 'doctor', {
    description: 'what egolab needs: found, or how to get it',
    example: 'npx egolab doctor',
  });
  handle(command, async () => {
    const { doctor, formatReport } = await import('../../../setup/doctor.ts');
    const report = await doctor();
    return { json: report, text: formatReport(report), exitCode: report.ready ? 0 : 2 };
  });
}
