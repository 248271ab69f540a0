// The slots of connections and listeners by fd, in pages: numbers may be few and large (dup2(2), Windows' handles), and
// there may be a million of them.

/** In place of a slot. */
export const NO_SLOT = -1;
const PAGE_FDS = 1024;

export class SlotsByFd {
  /** slot + 1; 0 for none. */
  readonly #pages = new Map<number, Int32Array>();

  set(fd: number, slot: number): void {
    const number = Math.floor(fd / PAGE_FDS);
    let page = this.#pages.get(number);
    if (page === undefined) {
      page = new Int32Array(PAGE_FDS);
      this.#pages.set(number, page);
    }
    page[fd % PAGE_FDS] = slot + 1;
  }

  /** Forgets the fd of this slot; not that of a later one, if other code closed the fd of this one. */
  delete(fd: number, slot: number): void {
    const page = this.#pages.get(Math.floor(fd / PAGE_FDS));
    if (page !== undefined && page[fd % PAGE_FDS] === slot + 1) page[fd % PAGE_FDS] = 0;
  }

  get(fd: number): number {
    const after = this.#pages.get(Math.floor(fd / PAGE_FDS))?.[fd % PAGE_FDS] ?? 0;
    return after === 0 ? NO_SLOT : after - 1;
  }

  clear(): void {
    this.#pages.clear();
  }
}
