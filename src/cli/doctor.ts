import type { Config } from '../config/config.ts';
import type { Finding } from '../doctor/finding.ts';
import { checkNodeVersion } from '../doctor/node-version.ts';
import { here } from '../paths.ts';
import { NODE_NEEDED } from '../version.ts';
import type { DoctorOptions } from './commands/doctor.ts';
import { renderReport, reportStyleOf } from './report.ts';

/** `signalbox doctor`: reports problems and how to fix them. Sets exit code 1 if there are problems. */
export async function runDoctor(config: Config, { json, probe }: DoctorOptions): Promise<void> {
  const node = checkNodeVersion(process.version, NODE_NEEDED);
  const findings = [node];
  // If Node is too old, the modules of the other checks may fail to load.
  if (node.level === 'ok') {
    const { doctorInputOf } = await import('./doctor-input.ts');
    const { examine } = await import('../doctor/examine.ts');
    findings.push(...(await examine(await doctorInputOf(config, here(), probe))));
  }
  const problems = findings.filter(({ level }) => level === 'problem').length;
  const text = json
    ? asJson(findings, problems)
    : renderReport(findings, reportStyleOf(process.stdout));
  process.stdout.write(`${text}\n`);
  if (problems > 0) process.exitCode = 1;
}

function asJson(findings: readonly Finding[], problems: number): string {
  return JSON.stringify({ findings, problems }, null, 2);
}
