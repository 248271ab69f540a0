// Children: what cannot be tried in the test's own process because it ends it, blocks it, or changes it (signals,
// limits, injected faults). The body of a child is a function written where it is used; it is sent as source, so it may
// use nothing but its parameter: the toolbox (fixtures/toolbox.mjs) and `args`.
import { spawn } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import type * as ToolboxModule from './fixtures/toolbox.mjs';
import { patience } from './patience.js';
import { isWindows } from './platform.js';

// biome-ignore lint/suspicious/noExplicitAny: arguments and reports travel as JSON
type Any = any;
export type Toolbox = typeof ToolboxModule & { args: Any };

export interface Outcome {
  code: number | null;
  signal: NodeJS.Signals | null;
  reports: Any[];
  stdout: string;
  stderr: string;
  elapsedMs: number;
}
export interface ChildOptions {
  args?: unknown;
  env?: Record<string, string>;
  execArgv?: string[];
  /** A command put before node's own, such as strace and its options. */
  wrap?: string[];
  timeoutMs?: number;
  /** Called with each report as it comes, and the process. */
  onReport?: (report: Any, kill: (signal: NodeJS.Signals) => void) => void;
  input?: string;
}

const root = fileURLToPath(new URL('../../', import.meta.url));
const childMain = fileURLToPath(new URL('./fixtures/child-main.mjs', import.meta.url));

/** Runs any command in a process group of its own (where there are such), which is killed when the time is up. */
export function runCommand(command: readonly string[], options: ChildOptions = {}): Promise<Outcome> {
  const [file, ...argv] = command as [string, ...string[]];
  const started = performance.now();
  const env = { ...process.env, ...options.env };
  const child = spawn(file, argv, { cwd: root, detached: !isWindows, env });
  const outcome: Outcome = { code: null, signal: null, reports: [], stdout: '', stderr: '', elapsedMs: 0 };
  const kill = (signal: NodeJS.Signals): void => {
    if (child.pid === undefined || child.exitCode !== null || child.signalCode !== null) return;
    if (isWindows) child.kill(signal);
    else process.kill(-child.pid, signal);
  };
  let timedOut = false;
  const timeoutMs = patience(options.timeoutMs ?? 15_000);
  const timer = setTimeout(() => {
    timedOut = true;
    kill('SIGKILL');
  }, timeoutMs);
  let line = '';
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    outcome.stdout += text;
    const lines = (line + text).split('\n');
    line = lines.pop() as string;
    for (const json of lines.filter((l) => l.startsWith('{"report":'))) {
      const { report } = JSON.parse(json);
      outcome.reports.push(report);
      options.onReport?.(report, kill);
    }
  });
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    outcome.stderr += text;
  });
  child.stdin.on('error', () => {}).end(options.input ?? '');
  return new Promise((resolve, reject) => {
    child.on('error', reject);
    child.on('close', (code, signal) => {
      clearTimeout(timer);
      Object.assign(outcome, { code, signal, elapsedMs: performance.now() - started });
      if (timedOut) {
        reject(new Error(`still running after ${timeoutMs} ms: ${outcome.stdout}\n${outcome.stderr}`));
      } else resolve(outcome);
    });
  });
}

/** Runs the body in a node process of its own. */
export function inChild(body: (toolbox: Toolbox) => unknown, options: ChildOptions = {}): Promise<Outcome> {
  const { wrap = [], execArgv = [], args = null } = options;
  return runCommand([...wrap, process.execPath, ...execArgv, childMain, String(body), JSON.stringify(args)], options);
}

/** As inChild(), for a body that must end well; returns its last report. */
export async function reportOf(body: (toolbox: Toolbox) => unknown, options: ChildOptions = {}): Promise<Any> {
  const outcome = await inChild(body, options);
  if (outcome.code !== 0) {
    throw new Error(`child ended with ${outcome.code ?? outcome.signal}\n${outcome.stdout}\n${outcome.stderr}`);
  }
  return outcome.reports.at(-1);
}
