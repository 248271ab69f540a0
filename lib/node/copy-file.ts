// Sends a file where sendfile(2) cannot: read by node:fs, written to the target, with its back-pressure.
import type { Writable } from 'node:stream';
import { onAbort } from '../base/abort.js';
import { aborted, fromNode, SystemError } from '../base/errors.js';
import { fileHasEnded } from '../connection/errors.js';
import { fs } from '../native/builtins.js';
import { native } from '../native/table.js';
import type { OpenFile } from './open-file.js';

const CHUNK_BYTES = 64 << 10;
const { ECONNABORTED = 0 } = native.constants.error;

/**
 * Copies what is left of the range. Rejects and destroys the target where that fails. Returns how many bytes were
 * written.
 */
export async function copyFile(target: Writable, file: OpenFile, signal: AbortSignal | undefined): Promise<number> {
  const length = file.left;
  try {
    while (file.left > 0) {
      const bytes = await readSome(file);
      if (signal?.aborted === true) throw aborted(signal.reason);
      if (target.destroyed) throw new SystemError(ECONNABORTED, 'write');
      if (bytes.length === 0) throw fileHasEnded(file);
      file.start += bytes.length;
      file.left -= bytes.length;
      await written(target, bytes, signal);
    }
  } catch (error) {
    if (!target.destroyed) {
      target.on('error', () => {}); // who sends the file is told by the promise
      target.destroy(error as Error);
    }
    throw error;
  }
  return length;
}

function readSome(file: OpenFile): Promise<Buffer> {
  return new Promise((resolve, reject) => {
    const buffer = Buffer.allocUnsafe(Math.min(CHUNK_BYTES, file.left));
    fs.read(file.fd, buffer, 0, buffer.length, file.start, (error, count) => {
      if (error === null) resolve(buffer.subarray(0, count));
      else reject(fromNode(error, { fd: file.fd }));
    });
  });
}

/** Writes, and waits until the target has taken it. */
function written(target: Writable, bytes: Buffer, signal: AbortSignal | undefined): Promise<void> {
  return new Promise((resolve, reject) => {
    const end = (error: Error | null): void => {
      target.off('close', onClose);
      forget();
      if (error === null) resolve();
      else reject(error);
    };
    const onClose = (): void => end(new SystemError(ECONNABORTED, 'write'));
    const forget = onAbort(signal, () => end(aborted(signal?.reason)));
    target.once('close', onClose);
    target.write(bytes, (error) => end(error ?? null));
  });
}
