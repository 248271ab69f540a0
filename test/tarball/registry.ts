// A registry of npm's kind on the loopback address, with what an installation may ask for and nothing else: the
// package, and packed from the repository's node_modules/, the types that a program in TypeScript needs beside it. It
// notes what it is asked for.
import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { tarball } from './user.js';

const root = fileURLToPath(new URL('../..', import.meta.url));
const offered = ['@types/node', 'undici-types'];

interface Offer {
  manifest: { name: string; version: string };
  tarball: Buffer;
}

const manifestIn = (folder: string): Offer['manifest'] =>
  JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8'));

function packed(name: string): Offer {
  const source = join(root, 'node_modules', name);
  const folder = mkdtempSync(join(tmpdir(), 'fdreactor-registry-'));
  try {
    const args = ['pack', '--silent', '--ignore-scripts', '--offline', '--pack-destination', folder, source];
    const file = execFileSync('npm', args, { encoding: 'utf8' }).trim();
    return { manifest: manifestIn(source), tarball: readFileSync(join(folder, file)) };
  } finally {
    rmSync(folder, { recursive: true });
  }
}

/** What the registry says of a package. */
function packument(url: string, { manifest, tarball }: Offer): object {
  const { name, version } = manifest;
  const integrity = `sha512-${createHash('sha512').update(tarball).digest('base64')}`;
  const shasum = createHash('sha1').update(tarball).digest('hex');
  const dist = { tarball: `${url}${name}/-/${basename(name)}-${version}.tgz`, integrity, shasum };
  const time = { created: '2020-01-01T00:00:00.000Z', [version]: '2020-01-01T00:00:00.000Z' };
  return { name, 'dist-tags': { latest: version }, time, versions: { [version]: { ...manifest, dist } } };
}

export interface Registry {
  readonly url: string;
  /** The names of the packages that were asked for, known or not, in order and once each. */
  readonly asked: Set<string>;
  close(): void;
}

export async function startRegistry(): Promise<Registry> {
  const offers = new Map(offered.map((name) => [name, packed(name)]));
  offers.set('fdreactor', { manifest: manifestIn(root), tarball: readFileSync(tarball) });
  const asked = new Set<string>();
  let url = '';
  const server = createServer((request, response) => {
    const [name = '', file] = decodeURIComponent(request.url ?? '')
      .slice(1)
      .split('/-/');
    asked.add(name);
    const offer = offers.get(name);
    if (offer === undefined) response.writeHead(404).end('{}');
    else if (file !== undefined) response.end(offer.tarball);
    else response.setHeader('content-type', 'application/json').end(JSON.stringify(packument(url, offer)));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/`;
  return { url, asked, close: () => server.close() };
}
