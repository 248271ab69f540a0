/**
 * Raw kqueue(2), macOS and BSD. Can be imported everywhere; `supported` says whether it can be used.
 *
 * @packageDocumentation
 */
import { UnsupportedError } from '../errors.js';

/** Whether this build has kqueue. */
export const supported: boolean = false;

/** A kernel event queue. @throws UnsupportedError where there is no kqueue */
export class Kqueue {
  constructor() {
    throw new UnsupportedError('kqueue');
  }
}

/** A list of kevents. @throws UnsupportedError where there is no kqueue */
export class KeventList {
  constructor(_capacity: number) {
    throw new UnsupportedError('kqueue');
  }
}
