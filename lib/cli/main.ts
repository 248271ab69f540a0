#!/usr/bin/env node
// `npx fdreactor`: the commands of the package, one file each. Exit code 2 for an unknown command line.
import { parseArgs } from 'node:util';
import { build } from './build.js';
import { doctor } from './doctor.js';

const USAGE = `usage: npx fdreactor build [-- OPTIONS OF node-gyp]
       npx fdreactor doctor [--connections N] [--json]

build    compiles the add-on on this machine, for systems that the package has no binary for
doctor   what this system has and allows: kernel, backend, limits, how many connections,
         and the lines that raise what stands in the way of N (1000000)`;

function parse() {
  return parseArgs({
    allowPositionals: true,
    options: {
      help: { type: 'boolean', short: 'h' },
      json: { type: 'boolean' },
      connections: { type: 'string' },
    },
  });
}

function refuse(message: string): number {
  console.error(`${message}\n\n${USAGE}`);
  return 2;
}

async function main(): Promise<number> {
  let parsed: ReturnType<typeof parse>;
  try {
    parsed = parse();
  } catch (error) {
    return refuse((error as Error).message);
  }
  const { values, positionals } = parsed;
  const [command, ...rest] = positionals;
  if (values.help || command === undefined) {
    console.log(USAGE);
    return 0;
  }
  if (command === 'build') return build(rest);
  if (command !== 'doctor') return refuse(`unknown command: ${command}`);
  const connections = Number(values.connections ?? 1_000_000);
  if (rest.length > 0) return refuse(`doctor takes no argument: ${rest.join(' ')}`);
  if (!Number.isSafeInteger(connections) || connections < 1) return refuse('--connections must be a number from 1');
  return doctor(connections, values.json === true);
}

process.exitCode = await main();
