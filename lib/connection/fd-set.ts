// The fds of the connections and listeners of a reactor, as bits: there may be a million of them.

/** How many fds a page has; numbers may be few and large (dup2(2), Windows' handles). */
const PAGE_FDS = 2 ** 15;

export class FdSet {
  readonly #pages = new Map<number, Uint8Array>();

  add(fd: number): void {
    const number = Math.floor(fd / PAGE_FDS);
    let page = this.#pages.get(number);
    if (page === undefined) {
      page = new Uint8Array(PAGE_FDS / 8);
      this.#pages.set(number, page);
    }
    const place = (fd % PAGE_FDS) >> 3;
    page[place] = (page[place] as number) | (1 << (fd & 7));
  }

  delete(fd: number): void {
    const page = this.#pages.get(Math.floor(fd / PAGE_FDS));
    const place = (fd % PAGE_FDS) >> 3;
    if (page !== undefined) page[place] = (page[place] as number) & ~(1 << (fd & 7));
  }

  has(fd: number): boolean {
    const page = this.#pages.get(Math.floor(fd / PAGE_FDS));
    return page !== undefined && ((page[(fd % PAGE_FDS) >> 3] as number) & (1 << (fd & 7))) !== 0;
  }

  clear(): void {
    this.#pages.clear();
  }
}
