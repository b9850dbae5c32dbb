import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { temporaryDirectory } from './registrations.ts';
import { runCommand } from './run-command.ts';

/** A temporary home directory, and commands that run in it. */
export function home() {
  const directory = temporaryDirectory();
  const env = {
    HOME: directory,
    XDG_CONFIG_HOME: '',
    CLAUDE_CONFIG_DIR: '',
    CODEX_HOME: '',
    COPILOT_HOME: '',
    QWEN_HOME: '',
    NO_COLOR: '1',
  };
  const put = (name: string, text: string, mode = 0o600) => {
    const file = join(directory, name);
    mkdirSync(dirname(file), { recursive: true });
    writeFileSync(file, text, { mode });
    return file;
  };
  return { directory, env, put, run: (...args: readonly string[]) => runCommand(args, env) };
}
