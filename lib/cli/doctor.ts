// `npx fdreactor doctor`: what this system has and allows, as text or JSON. Reads; what the numbers mean is computed in
// limits*.ts. What cannot be read is unknown, never an error.
import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { freemem, release, type } from 'node:os';
import { describeProcess, platform } from '../native/target.js';
import { VERSION } from '../native/version.js';
import type { Capabilities } from '../reactor/capabilities.js';
import { asText } from './doctor-text.js';
import { type Capacity, capacityOf, type Limit } from './limits.js';
import { bsdLimits, SYSCTL_NAMES } from './limits-bsd.js';
import { linuxLimits } from './limits-linux.js';
import { windowsLimits } from './limits-windows.js';

export interface Report {
  readonly version: string;
  readonly system: { readonly kernel: string; readonly process: string };
  readonly addon: { readonly file?: string; readonly capabilities?: Capabilities; readonly error?: string };
  readonly limits: readonly Limit[];
  readonly server: Capacity;
  readonly client: Capacity;
  readonly data: Capacity;
  /** For how many the limits' `raise` is. */
  readonly connections: number;
}

function readFile(path: string): string | undefined {
  try {
    return readFileSync(path, 'latin1');
  } catch {
    return undefined; // this kernel does not have it, or does not show it
  }
}

function output(command: string, args: readonly string[]): string | undefined {
  return spawnSync(command, args, { encoding: 'utf8', timeout: 5000 }).stdout ?? undefined;
}

/** Bytes; within the limit of a container, where the runtime knows it. */
function availableMemory(): number {
  return process.availableMemory?.() ?? freemem();
}

function readLimits(connections: number): Limit[] {
  const memory = availableMemory();
  if (platform === 'linux') return linuxLimits(readFile, memory, connections);
  if (platform === 'win32') {
    return windowsLimits(output('netsh', ['int', 'ipv4', 'show', 'dynamicport', 'tcp']), memory, connections);
  }
  return bsdLimits(output('sh', ['-c', 'ulimit -Hn']), output('sysctl', SYSCTL_NAMES), memory, connections);
}

async function readAddon(): Promise<Report['addon']> {
  try {
    const [{ capabilities }, { nativeFile }] = await Promise.all([import('../index.js'), import('../native/table.js')]);
    return { file: nativeFile, capabilities: capabilities() };
  } catch (error) {
    return { error: (error as Error).message };
  }
}

/** What JSON has no word for. */
const forJson = (_key: string, value: unknown): unknown =>
  value === undefined ? 'unknown' : value === Number.POSITIVE_INFINITY ? 'unlimited' : value;

/** @returns the exit code: 1 where the add-on cannot be loaded */
export async function doctor(connections: number, json: boolean): Promise<number> {
  const limits = readLimits(connections);
  const report: Report = {
    version: VERSION,
    system: { kernel: `${type()} ${release()}`, process: describeProcess() },
    addon: await readAddon(),
    limits,
    server: capacityOf('server', limits),
    client: capacityOf('client', limits),
    data: capacityOf('data', limits),
    connections,
  };
  console.log(json ? JSON.stringify(report, forJson, 2) : asText(report));
  return report.addon.error === undefined ? 0 : 1;
}
