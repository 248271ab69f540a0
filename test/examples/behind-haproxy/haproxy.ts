// A real HAProxy with a configuration of the test's: that of the example, with ports that are free, or another one. It
// is asked by its socket what it thinks of its servers.
import { spawn } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { close, listenTcp } from 'fdreactor/socket';
import { findProgram } from '../../../scripts/shared/apt.mjs';
import { dispose } from '../../helpers/owned.js';
import { portOf } from '../../helpers/pairs.js';
import { patience } from '../../helpers/patience.js';
import { connect as connectTo, readToEnd } from '../clients.js';
import { Running } from '../running.js';

const exampleConfig = readFileSync(
  fileURLToPath(new URL('../../../examples/behind-haproxy/haproxy.cfg', import.meta.url)),
  'utf8',
);

/** The configuration of the example, with servers at these ports and the test's listener for the clients. */
export function configFor(ports: readonly number[]): string {
  const [one, two, three] = ports;
  return exampleConfig
    .replace('127.0.0.1:8080', 'fd@3')
    .replace('127.0.0.1:8001', `127.0.0.1:${one}`)
    .replace('127.0.0.1:8002', `127.0.0.1:${two}`)
    .replace('127.0.0.1:8003', `127.0.0.1:${three}`);
}

/** Awaits a condition that another process is asked for. */
async function until(what: string, condition: () => Promise<boolean>): Promise<void> {
  const end = performance.now() + patience(10_000);
  while (!(await condition())) {
    if (performance.now() > end) throw new Error(`not within 10 s: ${what}`);
    await delay(10);
  }
}

export class HaProxy {
  readonly running: Running;
  /** Where clients come. */
  readonly port: number;
  readonly #socket: string;

  constructor(running: Running, port: number, socket: string) {
    this.running = running;
    this.port = port;
    this.#socket = socket;
  }

  /**
   * Starts it, with a listener of the test's as `fd@3`: it takes no port 0.
   *
   * @param config with `stats socket PATH`, whose path is replaced
   */
  static async start(config: string): Promise<HaProxy> {
    const program = findProgram('haproxy');
    if (program === null) throw new Error('haproxy is missing: `npm test` installs it, or says how');
    const folder = mkdtempSync(join(tmpdir(), 'behind-haproxy-'));
    dispose({ close: () => rmSync(folder, { recursive: true }) });
    const [socket, file] = [join(folder, 'admin'), join(folder, 'haproxy.cfg')];
    writeFileSync(file, config.replace(/stats socket \S+/, `stats socket ${socket}`));
    const listener = listenTcp({ host: '127.0.0.1', port: 0 });
    const port = portOf(listener);
    const running = dispose(
      new Running(spawn(program, ['-db', '-f', file], { stdio: ['pipe', 'pipe', 'pipe', listener] })),
    );
    close(listener);
    const proxy = new HaProxy(running, port, socket);
    await until('HAProxy has begun', async () => {
      if (running.child.exitCode !== null) throw new Error(running.stderr);
      return (await proxy.states()).size > 0;
    });
    return proxy;
  }

  /** The state of each server: 'UP', 'DOWN', 'DOWN 1/2' ... */
  async states(): Promise<Map<string, string>> {
    const lines = (await this.ask('show stat')).split('\n').map((line) => line.split(','));
    const column = (lines[0] ?? []).indexOf('status');
    const servers = lines.filter(([, name = '']) => name !== '' && !/^(svname|FRONTEND|BACKEND)$/.test(name));
    return new Map(servers.map((fields) => [fields[1] as string, fields[column] as string]));
  }

  async becomes(server: string, state: RegExp): Promise<void> {
    const is = async (): Promise<boolean> => state.test((await this.states()).get(server) ?? '');
    await until(`HAProxy takes ${server} for ${state}`, is);
  }

  /** The answer to a command; '' as long as it does not listen. */
  ask(command: string): Promise<string> {
    return new Promise((resolve) => {
      let answer = '';
      const client = connect(this.#socket, () => client.end(`${command}\n`));
      client.setEncoding('utf8').on('data', (text: string) => {
        answer += text;
      });
      client.on('error', () => resolve('')).on('close', () => resolve(answer));
    });
  }
}

/** One request on a connection of its own: what the server has answered. */
export async function answerOf(port: number, text: string): Promise<string> {
  const socket = await connectTo(port);
  socket.end(text);
  return (await readToEnd(socket)).toString('latin1');
}
