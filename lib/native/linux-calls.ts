// The group of the native table (table.ts) for the fds that only Linux has: native/bind/linux.

export interface LinuxCalls {
  eventfd(initial: number, flags: number): number;
}
