import { type ChildProcess, spawn } from 'node:child_process';

/**
 * Reads what to guard from stdin. When stdin ends, removes the registration unless its nonce has changed, and ends the
 * process groups: after the end of stdin, servers get SIGTERM and then SIGKILL.
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

/** Identifies the registration to remove. */
export interface GuardedFile {
  readonly file: string;
  readonly nonce: string;
}

/**
 * A small process that ends this process's servers and removes its registration if this process is killed without a chance
 * to clean up (SIGKILL, out of memory). It detects this by the end of a pipe. Needs `sh`, so it doesn't exist on Windows.
 */
export class Watchdog {
  readonly #child: ChildProcess | null;

  constructor() {
    this.#child = process.platform === 'win32' ? null : start();
  }

  /** Ends the process group of `pid` with this process. Returns a function that cancels this. */
  guard(pid: number | undefined): () => void {
    if (pid === undefined) return () => {};
    this.#tell(`guard ${pid}`);
    return () => this.#tell(`release ${pid}`);
  }

  /** Removes a registration with this process, as long as it has the nonce. */
  guardFile({ file, nonce }: GuardedFile): void {
    // The protocol is line-based.
    if (file.includes('\n')) return;
    this.#tell(`nonce ${nonce}`);
    this.#tell(`file ${file}`);
  }

  /** Stops guarding. Works even while the process exits. */
  quit(): void {
    this.#tell('quit');
  }

  #tell(line: string): void {
    this.#child?.stdin?.write(`${line}\n`);
  }
}

function start(): ChildProcess {
  // In its own session: signals to the group or terminal of `run` must not end it.
  const child = spawn('/bin/sh', ['-c', SCRIPT, 'signalbox-watchdog'], {
    stdio: ['pipe', 'ignore', 'ignore'],
    detached: true,
    cwd: '/',
  });
  // Without a shell there is no watchdog; `run` works without it.
  child.on('error', () => {});
  child.stdin?.on('error', () => {});
  child.unref();
  return child;
}
