// A pseudo-terminal in raw mode: master and slave, both non-blocking and owned by the test.
import { readlinkSync } from 'node:fs';
import { constants, ioctl, openpty } from 'fdreactor/linux';
import { setNonBlocking } from 'fdreactor/socket';
import { ownFile } from '../../helpers/owned.js';

const { BRKINT, CS8, CSIZE, ECHO, ECHONL, ICANON, ICRNL, IEXTEN, IGNBRK, IGNCR, INLCR, ISIG, ISTRIP, IXON } = constants;
const { OPOST, PARENB, PARMRK } = constants;

/** As cfmakeraw(3) does. */
function makeRaw(fd: number): void {
  const settings = ioctl(fd, 'TCGETS2');
  ioctl(fd, 'TCSETS2', {
    ...settings,
    iflag: settings.iflag & ~(IGNBRK | BRKINT | PARMRK | ISTRIP | INLCR | IGNCR | ICRNL | IXON),
    oflag: settings.oflag & ~OPOST,
    lflag: settings.lflag & ~(ECHO | ECHONL | ICANON | ISIG | IEXTEN),
    cflag: (settings.cflag & ~(CSIZE | PARENB)) | CS8,
  });
}

/** The path of the slave as well, to open it once more. */
export function openPty(): { master: number; slave: number; path: string } {
  const [master, slave] = openpty().map(ownFile) as [number, number];
  makeRaw(slave);
  setNonBlocking(slave);
  return { master, slave, path: readlinkSync(`/proc/self/fd/${slave}`) };
}
