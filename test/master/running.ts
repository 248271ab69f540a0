// A master as a process, and all processes that come of it: they are known by a variable of their environment, because
// a new master is not a child of the test. What is left after a test is killed, and fails it.
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { get } from 'node:http';
import { connect, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { MasterInfo, MasterOptions } from 'fdreactor/master';
import { onTestFinished } from 'vitest';
import { eventually, patience } from '../helpers/patience.js';

const program = fileURLToPath(new URL('fixtures/master.mjs', import.meta.url));
export const workerProgram = fileURLToPath(new URL('fixtures/worker.mjs', import.meta.url));
export const MARK = 'FDREACTOR_TEST_MARK';
let marks = 0;

export interface Report {
  event: string;
  pid: number;
  generation?: number;
  message?: string;
  code?: string;
  by?: number;
  listeners?: MasterInfo['listeners'];
  state?: MasterInfo;
}

export interface StartOptions {
  env?: Record<string, string>;
  /** A command put before node's own. */
  wrap?: string[];
  /** false: the start may fail. */
  awaitStart?: boolean;
  mark?: string;
}

/** A folder that is gone after the test, which must have emptied it. */
export function folder(): string {
  const path = mkdtempSync(join(tmpdir(), 'fdreactor-master-'));
  onTestFinished(() => {
    const left = readdirSync(path).filter((name) => name !== 'behaviour');
    rmSync(path, { recursive: true });
    if (left.length > 0) throw new Error(`left behind: ${left.join(', ')}`);
  });
  return path;
}

export class RunningMaster {
  readonly child: ChildProcess;
  readonly reports: Report[] = [];
  readonly mark: string;
  output = '';
  #line = '';

  private constructor(options: Partial<MasterOptions>, { env = {}, wrap = [], mark }: StartOptions) {
    this.mark = mark ?? `${process.pid}-${++marks}`;
    const all = { worker: workerProgram, workers: 2, drainMs: 5000, listeners: { http: tcp }, ...options };
    const [file, ...argv] = [...wrap, process.execPath, program, JSON.stringify(all)];
    const environment = { ...process.env, ...env, [MARK]: this.mark };
    this.child = spawn(file as string, argv, { env: environment, stdio: ['ignore', 'pipe', 'pipe'] });
    for (const stream of [this.child.stdout, this.child.stderr]) {
      stream?.setEncoding('utf8').on('data', (text: string) => {
        this.output += text;
      });
    }
    this.child.stdout?.on('data', (text: string) => this.#take(text));
    onTestFinished(() => this.#checkEnded());
  }

  static async start(options: Partial<MasterOptions> = {}, start: StartOptions = {}): Promise<RunningMaster> {
    const made = new RunningMaster(options, start);
    if (start.awaitStart !== false) await made.reported('started');
    return made;
  }

  /** Connects until systemd-socket-activate has heard it, and has become the master. */
  static async activated(starting: Promise<RunningMaster>, port: number): Promise<RunningMaster> {
    const sockets: Socket[] = [];
    const timer = setInterval(() => {
      sockets.push(connect(port, '127.0.0.1').on('error', () => {}));
    }, 100);
    try {
      return await starting;
    } finally {
      clearInterval(timer);
      for (const socket of sockets) socket.destroy();
    }
  }

  /** Awaits the report of that name, the `count`-th of them. */
  async reported(event: string, count = 1): Promise<Report> {
    const all = (): Report[] => this.reports.filter((report) => report.event === event);
    try {
      await eventually(`${count} ${event}`, () => all().length >= count, 20_000);
    } catch (error) {
      throw new Error(`${(error as Error).message}: ${this.output}`);
    }
    return all()[count - 1] as Report;
  }

  count(event: string): number {
    return this.reports.filter((report) => report.event === event).length;
  }

  get port(): number {
    const address = this.reports.find(({ event }) => event === 'started')?.listeners?.http;
    return (address as { port: number }).port;
  }

  /** The answer to one request. */
  get(path: string): Promise<string> {
    return new Promise((resolve, reject) => {
      get({ host: '127.0.0.1', port: this.port, path, agent: false }, (response) => {
        let body = '';
        response.setEncoding('utf8').on('data', (text: string) => {
          body += text;
        });
        response.on('end', () => resolve(body)).on('error', reject);
      }).on('error', reject);
    });
  }

  /** Awaits an answer of that generation: the one before may still accept when the new one serves. */
  async answersFrom(generation: number): Promise<void> {
    const end = performance.now() + patience(5000);
    while ((await this.get('/generation')) !== `${generation}`) {
      if (performance.now() > end) throw new Error(`generation ${generation} does not answer: ${this.output}`);
    }
  }

  async state(pid = this.child.pid as number): Promise<MasterInfo> {
    const before = this.count('state');
    process.kill(pid, 'SIGPWR');
    return (await this.reported('state', before + 1)).state as MasterInfo;
  }

  /** All its processes, those of a new master included. */
  processes(): number[] {
    return readdirSync('/proc')
      .filter((name) => /^\d+$/.test(name))
      .map(Number)
      .filter((pid) => environmentOf(pid).includes(`${MARK}=${this.mark}`));
  }

  /** Stops the master that serves; all processes end. */
  async stop(): Promise<void> {
    const last = this.reports.findLast(({ event }) => event === 'started')?.pid ?? (this.child.pid as number);
    process.kill(last, 'SIGTERM');
    await this.ended();
  }

  /** Awaits the end of all processes. */
  async ended(): Promise<void> {
    try {
      await eventually('all processes ended', () => this.processes().length === 0, 10_000);
    } catch (error) {
      throw new Error(`${(error as Error).message}: ${this.output}`);
    }
    if (this.child.exitCode === null && this.child.signalCode === null) await once(this.child, 'exit');
  }

  async #checkEnded(): Promise<void> {
    const left = this.processes();
    for (const pid of left) process.kill(pid, 'SIGKILL');
    await eventually('what was killed is gone', () => this.processes().length === 0);
    if (left.length > 0) throw new Error(`left behind: processes ${left.join(', ')}\n${this.output}`);
  }

  #take(text: string): void {
    const lines = (this.#line + text).split('\n');
    this.#line = lines.pop() as string;
    for (const line of lines.filter((line) => line.startsWith('{'))) this.reports.push(JSON.parse(line));
  }
}

const tcp = { host: '127.0.0.1', port: 0, backlog: 4096 };

/** A zombie has none. */
function environmentOf(pid: number): string[] {
  try {
    return readFileSync(`/proc/${pid}/environ`, 'latin1').split('\0');
  } catch {
    return []; // it has ended, or is another user's
  }
}
