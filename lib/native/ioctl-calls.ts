// The group of the native table (table.ts) for ioctl(2): native/bind/linux/bind_ioctl.cc.

/** A member of a struct of the kernel: native/sys/linux/ioctl/ioctl.h says what each property means. */
export interface IoctlField {
  readonly name: string;
  readonly kind: 'unsigned' | 'signed' | 'text' | 'bytes' | 'address' | 'struct';
  readonly role: 'key' | 'value' | 'optional' | 'answer';
  readonly offset: number;
  readonly size: number;
  readonly count: number;
  readonly countOffset: number;
  readonly when: number;
  readonly layout: IoctlLayout | undefined;
}

export interface IoctlLayout {
  readonly size: number;
  readonly fields: readonly IoctlField[];
}

export interface IoctlEntry {
  readonly name: string;
  /** The system's number, for the tests: native code takes the place in the table. */
  readonly number: number;
  readonly argument: 'nothing' | 'number' | 'memory';
  readonly sets: boolean;
  readonly gets: boolean;
  readonly min: number;
  readonly max: number;
  readonly makesFd: boolean;
  readonly layout: IoctlLayout | undefined;
}

export interface IoctlCalls {
  /** Takes the place of the request in the table, and its argument: a number, or memory that the answer is put in. */
  ioctl(fd: number, place: number, value: number | undefined, memory: Uint8Array | undefined): number;
  /** The table of the requests, made anew. */
  requests(): readonly IoctlEntry[];
}
