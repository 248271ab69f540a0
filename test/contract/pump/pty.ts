// A pseudo-terminal in raw mode: master and slave, both non-blocking and owned by the test. JavaScript can open
// /dev/ptmx, but unlockpt(3) and termios(3) are for a C program.
import { execFileSync } from 'node:child_process';
import { constants, openSync } from 'node:fs';
import { setNonBlocking } from 'fdreactor/socket';
import { compileC } from '../../helpers/compile-c.js';
import { ownFile } from '../../helpers/owned.js';

const { O_RDWR, O_NOCTTY, O_NONBLOCK } = constants;
const SOURCE = `
#include <stdio.h>
#include <stdlib.h>
#include <termios.h>
int main(void) {
  struct termios mode;
  if (grantpt(0) != 0 || unlockpt(0) != 0 || tcgetattr(0, &mode) != 0) return 1;
  cfmakeraw(&mode);
  return tcsetattr(0, TCSANOW, &mode) != 0 || printf("%s", ptsname(0)) <= 0;
}`;

let program: string | undefined;

/** Compiles the program, in a test file's first lines: it is removed after the file. */
export function preparePty(): void {
  program = compileC(SOURCE);
}

/** The path of the slave as well, to open it once more. */
export function openPty(): { master: number; slave: number; path: string } {
  if (program === undefined) throw new Error('preparePty() first');
  const master = ownFile(openSync('/dev/ptmx', O_RDWR | O_NOCTTY | O_NONBLOCK));
  const path = execFileSync(program, { stdio: [master, 'pipe', 'inherit'] }).toString();
  setNonBlocking(master); // the child made its stdin blocking
  return { master, slave: ownFile(openSync(path, O_RDWR | O_NOCTTY | O_NONBLOCK)), path };
}
