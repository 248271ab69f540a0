// examples/behind-haproxy with a real HAProxy: its servers are reloaded and killed under load, one after the other and
// on the ports that they had, and no client sees a failure.
import http from 'node:http';
import { expect, test } from 'vitest';
import { dispose } from '../../helpers/owned.js';
import { patience } from '../../helpers/patience.js';
import { connect, readToEnd } from '../clients.js';
import { type Running, start } from '../running.js';
import { configFor, HaProxy } from './haproxy.js';

const NAMES = ['one', 'two', 'three'] as const;
const CLIENTS = 24;

interface Fleet {
  proxy: HaProxy;
  servers: Running[];
  ports: number[];
}

async function startFleet(): Promise<Fleet> {
  const servers = await Promise.all(NAMES.map(() => start('behind-haproxy')));
  const ports = servers.map((server) => server.port());
  const proxy = await HaProxy.start(configFor(ports));
  for (const name of NAMES) await proxy.becomes(name, /^UP$/);
  return { proxy, servers, ports };
}

/** Starts the server again where it was, and awaits that it gets requests. */
async function startAgain(fleet: Fleet, index: number): Promise<void> {
  fleet.servers[index] = await start('behind-haproxy', [fleet.ports[index] as number]);
  await fleet.proxy.becomes(NAMES[index] as string, /^UP$/);
}

/** Clients that ask on and on, each on a connection that stays, and count what they get. */
class Load {
  readonly failures: string[] = [];
  readonly served = new Set<string>();
  answers = 0;
  readonly #agent = new http.Agent({ keepAlive: true, maxSockets: CLIENTS });
  readonly #clients: Promise<void>[];
  #isOver = false;

  constructor(port: number, methodOf: (request: number) => 'GET' | 'POST') {
    dispose({ close: () => this.#agent.destroy() });
    this.#clients = Array.from({ length: CLIENTS }, (_, i) => this.#ask(port, methodOf, i));
  }

  /** Awaits so many more answers. */
  async more(count: number): Promise<void> {
    const end = performance.now() + patience(20_000);
    for (const wanted = this.answers + count; this.answers < wanted; ) {
      if (performance.now() > end) throw new Error(`no answers any more: ${this.failures.slice(0, 3)}`);
      await new Promise((resolve) => setTimeout(resolve, 5));
    }
  }

  async stop(): Promise<void> {
    this.#isOver = true;
    await Promise.all(this.#clients);
  }

  async #ask(port: number, methodOf: (request: number) => 'GET' | 'POST', first: number): Promise<void> {
    for (let request = first; !this.#isOver; request++) {
      const path = request % 3 === 0 ? '/' : '/work';
      const [status, text] = await this.#one(port, methodOf(request), path).catch(
        (error) => [0, String(error)] as const,
      );
      this.answers++;
      this.served.add(/^server \d+/.exec(text)?.[0] ?? '');
      if (status !== 200) this.failures.push(`${methodOf(request)} ${path}: ${status} ${text}`);
    }
  }

  #one(port: number, method: string, path: string): Promise<[status: number, text: string]> {
    return new Promise((resolve, reject) => {
      const request = http.request({ port, host: '127.0.0.1', agent: this.#agent, method, path }, (response) => {
        let text = '';
        response.setEncoding('utf8').on('data', (part: string) => {
          text += part;
        });
        response.on('end', () => resolve([response.statusCode as number, text])).on('error', reject);
      });
      request.on('error', reject).end(method === 'POST' ? 'a body' : undefined);
    });
  }
}

test('reloaded one after the other under load: no request fails, of any method', {
  timeout: patience(60_000),
}, async () => {
  const fleet = await startFleet();
  const load = new Load(fleet.proxy.port, (request) => (request % 2 === 0 ? 'GET' : 'POST'));
  await load.more(200);
  for (const index of NAMES.keys()) {
    const leaving = fleet.servers[index] as Running;
    expect([await leaving.stop('SIGTERM'), leaving.stderr]).toEqual([0, '']);
    await startAgain(fleet, index);
    await load.more(100);
  }
  await load.stop();
  expect(load.failures).toEqual([]);
  expect(load.served.size).toBe(6); // each of the old ones, and each of the new
});

test('killed one after the other under load: no GET fails', { timeout: patience(60_000) }, async () => {
  const fleet = await startFleet();
  const load = new Load(fleet.proxy.port, () => 'GET');
  await load.more(200);
  for (const index of NAMES.keys()) {
    expect(await (fleet.servers[index] as Running).stop('SIGKILL')).toBe('SIGKILL');
    await load.more(200);
    await startAgain(fleet, index);
    await load.more(100);
  }
  await load.stop();
  expect(load.failures).toEqual([]);
  expect(load.served.size).toBe(6);
});

test('the client is told by its own address, and a connection without a header is refused', async () => {
  const { proxy, ports } = await startFleet();
  const client = await connect(proxy.port);
  const { localPort } = client;
  client.write('GET / HTTP/1.1\r\nHost: test\r\nConnection: close\r\n\r\n');
  expect((await readToEnd(client)).toString()).toContain(`for 127.0.0.1 port ${localPort}: 200`);
  const intruder = await connect(ports[0] as number);
  intruder.write('GET / HTTP/1.1\r\nHost: test\r\n\r\n');
  await expect(readToEnd(intruder).then((all) => all.length)).resolves.toBe(0);
});
