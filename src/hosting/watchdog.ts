import { type ChildProcess, spawn } from 'node:child_process';

/**
 * Reads what to guard from stdin. At its end the registration is removed unless another nonce stands in it by then, and
 * the process groups are ended: their servers have seen the end of stdin, then SIGTERM, then SIGKILL.
 */
const SCRIPT = `
groups=' ' file='' nonce=''
while IFS= read -r line; do
  value=\${line#* }
  case $line in
    'guard '*) groups="$groups$value " ;;
    'release '*) groups="\${groups%% $value *} \${groups#* $value }" ;;
    'nonce '*) nonce=$value ;;
    'file '*) file=$value ;;
    quit) exit 0 ;;
  esac
done
if [ -n "$file" ] && [ -f "$file" ] && grep -qF -e "$nonce" "$file"; then rm -f -- "$file"; fi
end() {
  for group in $groups; do kill "-$1" "-$group" 2>/dev/null; done
}
alive() {
  for group in $groups; do kill -0 "-$group" 2>/dev/null && return 0; done
  return 1
}
for signal in TERM KILL; do
  for tenth in 1 2 3 4 5 6 7 8 9 10; do
    alive || exit 0
    sleep 0.1 2>/dev/null || sleep 1
  done
  end $signal
done
`;

/** What a registration is removed by. */
export interface GuardedFile {
  readonly file: string;
  readonly nonce: string;
}

/**
 * A small process beside this one that ends its servers and removes its registration when this process is killed in a way
 * that it can't hear of (SIGKILL, out of memory). It learns of that by the end of a pipe. Needs `sh`: there is none on Windows.
 */
export class Watchdog {
  readonly #child: ChildProcess | null;

  constructor() {
    this.#child = process.platform === 'win32' ? null : start();
  }

  /** Has the process group of `pid` end with this process. Returns the function that takes this back. */
  guard(pid: number | undefined): () => void {
    if (pid === undefined) return () => {};
    this.#tell(`guard ${pid}`);
    return () => this.#tell(`release ${pid}`);
  }

  /** Has a registration removed with this process, as long as it has the nonce. */
  guardFile({ file, nonce }: GuardedFile): void {
    // A line is one path.
    if (file.includes('\n')) return;
    this.#tell(`nonce ${nonce}`);
    this.#tell(`file ${file}`);
  }

  /** There is nothing to guard any more. Works while the process exits. */
  quit(): void {
    this.#tell('quit');
  }

  #tell(line: string): void {
    this.#child?.stdin?.write(`${line}\n`);
  }
}

function start(): ChildProcess {
  // In a session of its own: what ends the group of `run`, or its terminal, must not end it.
  const child = spawn('/bin/sh', ['-c', SCRIPT, 'signalbox-watchdog'], {
    stdio: ['pipe', 'ignore', 'ignore'],
    detached: true,
    cwd: '/',
  });
  // Without a shell there is no watchdog, and `run` works all the same.
  child.on('error', () => {});
  child.stdin?.on('error', () => {});
  child.unref();
  return child;
}
