// Looks at the head of a .node file before the system does: for what processor it is, and whether all of it is there.
// The system's own answer is a sentence in its language, and of a file that was cut off it is SIGBUS: dlopen(3) maps
// what is missing as well, and touches it.
import { fs } from './builtins.js';
import type { BinaryFormat } from './target.js';

export interface BinaryFile {
  readonly format: BinaryFormat;
  /** For which processors, as Node names them. */
  readonly archs: readonly string[];
  /** How long the file has to be; 0 where that is not known. */
  readonly bytes: number;
  /**
   * Where it has a part that cannot be empty: a file that was allocated and never written is as long as it should be.
   */
  readonly neverZero?: number;
}

/** Enough for the headers of all parts: an ELF file has some ten, a Mach-O file some twenty. */
const HEAD_BYTES = 4096;

/** Node's names of processors, by the numbers of elf(5), <mach/machine.h> and "PE Format". */
const ELF_ARCHS = new Map([
  [3, 'ia32'],
  [21, 'ppc64'],
  [22, 's390x'],
  [40, 'arm'],
  [62, 'x64'],
  [183, 'arm64'],
  [243, 'riscv64'],
  [258, 'loong64'],
]);
const MACH_ARCHS = new Map([
  [0x01000007, 'x64'],
  [0x0100000c, 'arm64'],
]);
const PE_ARCHS = new Map([
  [0x14c, 'ia32'],
  [0x8664, 'x64'],
  [0xaa64, 'arm64'],
]);

const nameOf = (archs: Map<number, string>, machine: number): string =>
  archs.get(machine) ?? `processor 0x${machine.toString(16)}`;

/** What DataView reads, with the file's byte order, beyond its end as an error. */
class Reader {
  readonly #view: DataView;
  readonly #little: boolean;

  constructor(view: DataView, little: boolean) {
    this.#view = view;
    this.#little = little;
  }

  u16 = (at: number): number => this.#view.getUint16(at, this.#little);
  u32 = (at: number): number => this.#view.getUint32(at, this.#little);
  u64 = (at: number): number => Number(this.#view.getBigUint64(at, this.#little));
}

// elf(5): the parts that are loaded, and the table of sections, which linkers put at the end.
function parseElf(view: DataView): BinaryFile {
  const is64 = view.getUint8(4) === 2;
  const { u16, u32, u64 } = new Reader(view, view.getUint8(5) === 1);
  const archs = [nameOf(ELF_ARCHS, u16(18))];
  if (!is64) return { format: 'ELF', archs, bytes: 0 };
  const PT_LOAD = 1;
  const sections = u64(40);
  const sectionBytes = u16(58);
  let bytes = sections + sectionBytes * u16(60);
  for (let at = u64(32), left = u16(56); left > 0; left--, at += u16(54)) {
    if (u32(at) === PT_LOAD) bytes = Math.max(bytes, u64(at + 8) + u64(at + 32));
  }
  const typeOfNameSection = sections + sectionBytes * u16(62) + 4;
  return { format: 'ELF', archs, bytes, ...(sections > 0 ? { neverZero: typeOfNameSection } : {}) };
}

// <mach-o/loader.h>: the segments among the load commands.
function parseMachO(view: DataView): BinaryFile {
  const { u32, u64 } = new Reader(view, true);
  const LC_SEGMENT_64 = 0x19;
  const commandCount = u32(16);
  let bytes = 0;
  for (let i = 0, at = 32; i < commandCount; i++, at += u32(at + 4)) {
    if (u32(at) === LC_SEGMENT_64) bytes = Math.max(bytes, u64(at + 40) + u64(at + 48));
  }
  return { format: 'Mach-O', archs: [nameOf(MACH_ARCHS, u32(4))], bytes };
}

// <mach-o/fat.h>: one file for several processors.
function parseFat(view: DataView): BinaryFile {
  const { u32 } = new Reader(view, false);
  const slices = Array.from({ length: Math.min(u32(4), 8) }, (_, i) => 8 + 20 * i);
  const bytes = Math.max(...slices.map((at) => u32(at + 8) + u32(at + 12)));
  return { format: 'Mach-O', archs: slices.map((at) => nameOf(MACH_ARCHS, u32(at))), bytes };
}

// "PE Format" of Microsoft: the table of sections behind the two headers.
function parsePe(view: DataView): BinaryFile | undefined {
  const { u16, u32 } = new Reader(view, true);
  const header = u32(0x3c);
  if (u32(header) !== 0x4550) return undefined;
  const sections = header + 24 + u16(header + 20);
  const ends = Array.from({ length: u16(header + 6) }, (_, i) => sections + 40 * i).map(
    (at) => u32(at + 16) + u32(at + 20),
  );
  return { format: 'PE', archs: [nameOf(PE_ARCHS, u16(header + 4))], bytes: Math.max(...ends) };
}

/** What the first bytes of a file say; nothing where they are no program's, or end within a header. */
export function parseBinary(head: Uint8Array): BinaryFile | undefined {
  const view = new DataView(head.buffer, head.byteOffset, head.byteLength);
  try {
    switch (view.getUint32(0)) {
      case 0x7f454c46:
        return parseElf(view);
      case 0xcffaedfe:
        return parseMachO(view);
      case 0xcafebabe:
        return parseFat(view);
      default:
        return view.getUint16(0) === 0x4d5a ? parsePe(view) : undefined;
    }
  } catch (error) {
    if (error instanceof RangeError) return undefined; // beyond the last byte
    throw error;
  }
}

/** What is wrong with the file as a file, in words; nothing for one that the system may be given. */
export function faultOf(file: string, format: BinaryFormat, arch: string): string | undefined {
  const fd = fs.openSync(file, 'r');
  try {
    const head = new Uint8Array(HEAD_BYTES);
    const { size } = fs.fstatSync(fd);
    const binary = parseBinary(head.subarray(0, fs.readSync(fd, head, 0, HEAD_BYTES, 0)));
    if (binary === undefined) return `it is not a program (${size} bytes)`;
    if (binary.format !== format || !binary.archs.includes(arch)) {
      return `it is for another system: ${binary.format} for ${binary.archs.join(', ')}`;
    }
    if (size < binary.bytes) return `it is cut off: ${size} bytes of ${binary.bytes}`;
    if (binary.neverZero === undefined) return undefined;
    fs.readSync(fd, head, 0, 4, binary.neverZero);
    return head.subarray(0, 4).some((byte) => byte !== 0) ? undefined : 'its last part was never written';
  } finally {
    fs.closeSync(fd);
  }
}
