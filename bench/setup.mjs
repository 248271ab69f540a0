// @ts-check
// `npm run bench:setup` installs every peer, by apt-get (Debian, Ubuntu) and npm, and builds the compiled programs.
// apt-get needs root or sudo; without either, the command prints the line to run.
import { install } from '../scripts/shared/apt.mjs';
import { debianKernel } from './guest/machines.mjs';
import { buildPrograms } from './harness/build.mjs';
import { isMissing, requirements } from './harness/requirements.mjs';
import { fetchPeers } from './peers/fetched.mjs';

const names = /** @type {import('./harness/requirements.mjs').Requirement[]} */ (Object.keys(requirements));
const missing = names.filter((name) => requirements[name].apt !== null && isMissing(name));
try {
  if (missing.length > 0) {
    const packages = missing.flatMap((name) => requirements[name].apt?.split(' ') ?? []);
    install(packages, missing.map((name) => requirements[name].what).join(', '));
  }
  await fetchPeers();
  await debianKernel();
  buildPrograms(['libuv', 'go', 'java', 'netty']);
  console.log('Everything that the benches compare with is there.');
} catch (error) {
  console.error(/** @type {Error} */ (error).message);
  process.exitCode = 1;
}
