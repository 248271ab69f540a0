// The examples as their users run them: a compiled example in a process of its own, on a port that the kernel chooses.
// What is started here is ended after the test, whatever the test did.
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { setTimeout as delay } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { dispose } from '../helpers/owned.js';
import { eventually, patience } from '../helpers/patience.js';

const root = fileURLToPath(new URL('../../', import.meta.url));
/** USER_HZ, the unit of the times in /proc/PID/stat: 100 on every Linux that Node runs on. */
const TICK_MS = 10;
/** What a process at rest may use of a processor, and a busy loop on a crowded machine still exceeds. */
const RESTING_SHARE = 0.06;

export interface StartOptions {
  /** The limit of open files of the process. */
  fdLimit?: number;
  /** What the example prints when it is ready. */
  ready?: RegExp;
}

export class Running {
  readonly child: ChildProcess;
  stdout = '';
  stderr = '';
  /** It has ended, and all it printed has been read. The exit code alone may come before the last lines. */
  #closed = false;

  constructor(child: ChildProcess) {
    this.child = child;
    child.on('close', () => {
      this.#closed = true;
    });
    child.stdout?.setEncoding('utf8').on('data', (text: string) => {
      this.stdout += text;
    });
    child.stderr?.setEncoding('utf8').on('data', (text: string) => {
      this.stderr += text;
    });
  }

  /** The port after `listening on ADDRESS:`, or after whatever else the line begins with. */
  port(verb = 'listening'): number {
    const match = new RegExp(`^${verb} on \\S+:(\\d+)$`, 'm').exec(this.stdout);
    if (match === null) throw new Error(`no port in ${JSON.stringify(this.stdout)}`);
    return Number(match[1]);
  }

  async printed(pattern: RegExp): Promise<void> {
    const end = performance.now() + patience(10_000);
    while (!pattern.test(this.stdout)) {
      if (this.#closed || performance.now() > end) {
        throw new Error(`${pattern} was not printed but ${JSON.stringify([this.stdout, this.stderr])}`);
      }
      await Promise.race([
        once(this.child.stdout as NodeJS.ReadableStream, 'data'),
        once(this.child, 'close'),
        new Promise((resolve) => setTimeout(resolve, 1000)),
      ]);
    }
  }

  async exitCode(): Promise<number | NodeJS.Signals | null> {
    if (!this.#closed) await once(this.child, 'close');
    return this.child.exitCode ?? this.child.signalCode;
  }

  /** Asks it to end, and returns the exit code. */
  stop(signal: NodeJS.Signals = 'SIGTERM'): Promise<number | NodeJS.Signals | null> {
    this.child.kill(signal);
    return this.exitCode();
  }

  openFds(): number {
    return readdirSync(`/proc/${this.child.pid}/fd`).length;
  }

  /** Awaits that the process has no more fds open than it had. */
  leaksNothing(before: number): Promise<void> {
    return eventually(`no more than ${before} fds open`, () => this.openFds() <= before);
  }

  /** What the process has used of a processor until now. */
  cpuMs(): number {
    const fields = readFileSync(`/proc/${this.child.pid}/stat`, 'utf8').split(') ')[1]?.split(' ') as string[];
    return (Number(fields[11]) + Number(fields[12])) * TICK_MS;
  }

  /**
   * Awaits that it is at rest for so long. A busy loop never is; but what Node does on the side (it compiles what is
   * used much, and collects garbage) comes to an end.
   */
  async rests(forMs = 500): Promise<void> {
    const end = performance.now() + patience(3000);
    for (;;) {
      const before = this.cpuMs();
      await delay(forMs);
      const usedMs = this.cpuMs() - before;
      if (usedMs <= forMs * RESTING_SHARE) return;
      if (performance.now() > end) throw new Error(`not at rest: ${usedMs} of ${forMs} ms`);
    }
  }

  /** The memory that is its own: without pages of files, which come and go as the system likes. */
  ownBytes(): number {
    const status = readFileSync(`/proc/${this.child.pid}/status`, 'utf8');
    return Number(/^RssAnon:\s+(\d+) kB$/m.exec(status)?.[1]) * 1024;
  }

  close(): void {
    this.child.kill('SIGKILL');
    for (const stream of this.child.stdio) stream?.destroy();
  }
}

export function scriptOf(example: string): string {
  const script = `${root}examples/dist/${example}.js`;
  if (!existsSync(script)) throw new Error('examples/dist is missing: run `npm run build:examples` first');
  return script;
}

export async function start(
  name: string,
  args: (string | number)[] = [],
  options: StartOptions = {},
): Promise<Running> {
  const limit = options.fdLimit === undefined ? '' : `ulimit -n ${options.fdLimit}; `;
  const command = ['sh', '-c', `${limit}exec "$@"`, 'sh', process.execPath, scriptOf(name), ...args.map(String)];
  const running = startCommand(command);
  await running.printed(options.ready ?? /^listening on .*$/m);
  return running;
}

/** Any command, in the same care. */
export function startCommand([file, ...args]: readonly string[]): Running {
  return dispose(new Running(spawn(file as string, args, { stdio: 'pipe' })));
}
