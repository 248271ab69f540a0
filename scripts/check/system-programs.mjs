// @ts-check
// The first step of `npm test`: finds the programs that the checks and tests need beside Node.js and npm packages. As
// root on Debian it installs the missing ones; otherwise it prints the line that does.
import { ensureInstalled } from '../shared/apt.mjs';

try {
  ensureInstalled({
    git: 'git',
    'c++': 'g++',
    make: 'make',
    setarch: 'util-linux',
    strace: 'strace',
    haproxy: 'haproxy',
    'systemd-socket-activate': 'systemd',
    'clang-format': 'clang-format',
    'clang-tidy': 'clang-tidy',
  });
} catch (error) {
  console.error(error instanceof Error ? error.message : error);
  process.exitCode = 1;
}
