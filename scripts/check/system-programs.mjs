// @ts-check
// The first step of `npm test`: the programs that the checks and tests need beside Node and what npm installed. Quick
// when they are there; otherwise they are installed, or the line that does is printed.
import { ensureInstalled } from '../shared/apt.mjs';

try {
  ensureInstalled({
    git: 'git',
    'c++': 'g++',
    make: 'make',
    setarch: 'util-linux',
    strace: 'strace',
    'clang-format': 'clang-format',
    'clang-tidy': 'clang-tidy',
  });
} catch (error) {
  console.error(error instanceof Error ? error.message : error);
  process.exitCode = 1;
}
