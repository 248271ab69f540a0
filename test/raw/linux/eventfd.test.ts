// eventfd(2) through fdreactor/linux.
import { constants, eventfd } from 'fdreactor/linux';
import { read } from 'fdreactor/socket';
import { expect, test } from 'vitest';
import { ownFile } from '../../helpers/owned.js';

test('an eventfd counts from its initial value', () => {
  const fd = ownFile(eventfd(3));
  const count = new BigUint64Array(1);
  expect(read(fd, new Uint8Array(count.buffer))).toBe(8);
  expect(count[0]).toBe(3n);
  expect(constants.EFD_SEMAPHORE).toBe(1);
});
