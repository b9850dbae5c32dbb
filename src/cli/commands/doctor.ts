import { flag, type ValuesOf } from '../../config/option.ts';
import { hubCommand } from '../command.ts';

const options = {
  json: flag('print only JSON'),
  probe: flag('connect to the instances even if hubs run'),
};

export type DoctorOptions = ValuesOf<typeof options>;

export const doctor = hubCommand({
  name: 'doctor',
  usage: 'doctor [--json] [--probe] [OPTIONS]',
  does: 'finds problems and says how to fix them; exits with 1 if there are any',
  options,
  // Problems are reported as findings.
  defaults: { logLevel: 'silent' },
  run: async (...given) => (await import('../doctor.ts')).runDoctor(...given),
});
