import { flag, type ValuesOf } from '../../config/option.ts';
import { hubCommand } from '../command.ts';

const options = {
  json: flag('as JSON, and nothing else'),
  probe: flag('connects to the instances itself, even if hubs run'),
};

export type DoctorOptions = ValuesOf<typeof options>;

export const doctor = hubCommand({
  name: 'doctor',
  usage: 'doctor [--json] [--probe] [OPTIONS]',
  does: 'says what is wrong here, and what to do about it; exit code 1 when something is',
  options,
  // What goes wrong is in its findings.
  defaults: { logLevel: 'silent' },
  run: async (...given) => (await import('../doctor.ts')).runDoctor(...given),
});
