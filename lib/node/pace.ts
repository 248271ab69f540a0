// How much all files and tunnels together send before Node's event loop goes round: a thousand requests of one turn
// would otherwise fill a thousand send buffers, and all else would wait. Those that come too late in a turn go on in
// the next one, in their order.

/** About a millisecond of sendfile(2). */
const TURN_BYTES = 4 << 20;
const LARGEST_SLICE = 1 << 20;
const SMALLEST_SLICE = 64 << 10;

/** What sends, and goes on when it is called. It runs in an AsyncLocalStorage store of its own. */
export interface Paced {
  goOn(): void;
}

let left = TURN_BYTES;
let isScheduled = false;
const late: Paced[] = [];

/** What one of `count` sends at most until the others had their turn. */
export function sliceBytes(count: number): number {
  return Math.min(LARGEST_SLICE, Math.max(SMALLEST_SLICE, Math.floor(TURN_BYTES / count)));
}

/** So much was sent. */
export function spend(bytes: number): void {
  left -= bytes;
}

/** Whether it may send in this turn. If not, its goOn() is called in a later one. */
export function hasTurn(paced: Paced): boolean {
  if (left > 0) return true;
  inLaterTurn(paced);
  return false;
}

/** Its goOn() is called in a later turn. */
export function inLaterTurn(paced: Paced): void {
  late.push(paced);
  schedule();
}

function schedule(): void {
  if (isScheduled) return;
  isScheduled = true;
  setImmediate(nextTurn);
}

function nextTurn(): void {
  isScheduled = false;
  left = TURN_BYTES;
  try {
    for (let next = late.shift(); next !== undefined; next = left > 0 ? late.shift() : undefined) next.goOn();
  } finally {
    if (late.length > 0) schedule(); // also after a listener of the user's that throws
  }
}
