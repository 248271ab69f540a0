// An object with named fields to the bytes of a struct, and back, by a layout of the native table. Bytes that no field
// names stay 0.
import { checkBytes, checkInteger, checkNumber, checkObject, checkString } from '../base/arguments.js';
import { invalidType, invalidValue, outOfRange } from '../base/errors.js';
import type { IoctlField, IoctlLayout } from '../native/ioctl-calls.js';
import { native } from '../native/table.js';
import { addressBytes, SocketAddress } from '../socket/address.js';

const LITTLE_ENDIAN = new Uint8Array(new Uint16Array([1]).buffer)[0] === 1;
const LARGEST_UINT64 = 2n ** 64n - 1n;
const NAME_OF_ARGUMENT = 'argument';

type Values = Readonly<Record<string, unknown>>;

/**
 * Writes what the user gave into memory that is all 0. Only own properties count, so that nothing that Object.prototype
 * was given gets in.
 *
 * @param sets whether the request takes all values, or only what it asks about
 */
export function encode(layout: IoctlLayout, argument: unknown, sets: boolean, memory: Uint8Array): void {
  const view = viewOf(memory);
  const single = layout.fields[0];
  if (single !== undefined && single.name === '') writeValue(single, argument, sets, view, 0, NAME_OF_ARGUMENT);
  else writeStruct(layout, argument, sets, view, 0, NAME_OF_ARGUMENT);
}

/** Whether the request takes anything of the user's. */
export function takesArgument(layout: IoctlLayout, sets: boolean): boolean {
  return layout.fields.some((field) => isTaken(field, sets));
}

/** What the kernel has answered. */
export function decode(layout: IoctlLayout, memory: Uint8Array): unknown {
  const view = viewOf(memory);
  const single = layout.fields[0];
  return single !== undefined && single.name === '' ? readValue(single, view, 0) : readStruct(layout, view, 0);
}

const viewOf = (memory: Uint8Array): DataView => new DataView(memory.buffer, memory.byteOffset, memory.byteLength);

function isTaken({ role }: IoctlField, sets: boolean): boolean {
  return role === 'key' || (sets && role !== 'answer');
}

function writeStruct(
  layout: IoctlLayout,
  values: unknown,
  sets: boolean,
  view: DataView,
  base: number,
  path: string,
): void {
  checkObject(values, path);
  for (const field of layout.fields) {
    if (!isTaken(field, sets)) continue;
    const name = `${path}.${field.name}`;
    const value = Object.hasOwn(values, field.name) ? (values as Values)[field.name] : undefined;
    if (!appliesTo(field, view, base)) {
      if (value !== undefined) throw invalidValue(name, `left out: it belongs to the id ${field.when}`, value);
    } else if (value !== undefined || field.role !== 'optional') {
      writeField(field, value, sets, view, base, name);
    }
  }
}

/** Members of a union are told apart by the id that the struct begins with. */
const appliesTo = ({ when }: IoctlField, view: DataView, base: number): boolean =>
  when === 0 || view.getUint32(base, LITTLE_ENDIAN) === when;

function writeField(
  field: IoctlField,
  value: unknown,
  sets: boolean,
  view: DataView,
  base: number,
  name: string,
): void {
  const at = base + field.offset;
  if (field.count === 1) {
    writeValue(field, value, sets, view, at, name);
    return;
  }
  if (!Array.isArray(value)) throw invalidType(name, 'an array', value);
  const length: unknown = value.length; // once: it may be a proxy's
  checkInteger(length, `${name}.length`, field.countOffset < 0 ? field.count : 0, field.count);
  for (let i = 0; i < length; i++) {
    writeValue(field, value[i], sets, view, at + i * field.size, `${name}[${i}]`);
  }
  if (field.countOffset >= 0) view.setUint32(base + field.countOffset, length, LITTLE_ENDIAN);
}

function writeValue(field: IoctlField, value: unknown, sets: boolean, view: DataView, at: number, name: string): void {
  if (field.layout !== undefined) writeStruct(field.layout, value, sets, view, at, name);
  else if (field.kind === 'text') writeText(field.size, value, view, at, name);
  else if (field.kind === 'bytes') writeBytes(field.size, value, view, at, name);
  else if (field.kind === 'address') writeAddress(field.size, value, view, at, name);
  else if (field.size === 8) view.setBigUint64(at, checkedBigInt(value, name), LITTLE_ENDIAN);
  else writeNumber(field, value, view, at, name);
}

function writeNumber(field: IoctlField, value: unknown, view: DataView, at: number, name: string): void {
  const bits = field.size * 8;
  const isSigned = field.kind === 'signed';
  // 32 bits of either sign: `|` makes a negative number where bit 31 is set.
  const least = isSigned || bits === 32 ? -(2 ** (bits - 1)) : 0;
  checkInteger(value, name, least, isSigned ? 2 ** (bits - 1) - 1 : 2 ** bits - 1);
  if (bits === 8) view.setUint8(at, value);
  else if (bits === 16) view.setUint16(at, value, LITTLE_ENDIAN);
  else view.setUint32(at, value, LITTLE_ENDIAN);
}

function checkedBigInt(value: unknown, name: string): bigint {
  if (typeof value === 'bigint') {
    if (value < 0n || value > LARGEST_UINT64) throw outOfRange(name, 'from 0n to 2n ** 64n - 1n', value);
    return value;
  }
  if (typeof value !== 'number') throw invalidType(name, 'a bigint', value);
  checkInteger(value, name, 0, Number.MAX_SAFE_INTEGER);
  return BigInt(value);
}

function writeText(size: number, value: unknown, view: DataView, at: number, name: string): void {
  checkString(value, name);
  if (value.includes('\0')) throw invalidValue(name, 'without NUL', value);
  if (Buffer.byteLength(value) >= size) throw outOfRange(name, `at most ${size - 1} bytes`, value);
  const bytes = Buffer.from(value);
  for (let i = 0; i < bytes.length; i++) view.setUint8(at + i, bytes[i] as number);
}

function writeBytes(size: number, value: unknown, view: DataView, at: number, name: string): void {
  checkBytes(value, name);
  const { byteLength } = value; // read once: an own property may say anything
  checkInteger(byteLength, `${name}.byteLength`, 0, size);
  for (let i = 0; i < byteLength; i++) {
    const byte = value[i];
    checkNumber(byte, `${name}[${i}]`);
    view.setUint8(at + i, byte);
  }
}

function writeAddress(size: number, value: unknown, view: DataView, at: number, name: string): void {
  const bytes = addressBytes(value, name);
  if (native.address.toText(bytes)[0] !== 'IPv4') throw invalidValue(name, 'an IPv4 address', value);
  for (let i = 0; i < size; i++) view.setUint8(at + i, bytes[i] as number);
}

// Object.fromEntries() defines the properties: no setter that Object.prototype was given sees them.
function readStruct(layout: IoctlLayout, view: DataView, base: number): unknown {
  const known = layout.fields.filter((field) => appliesTo(field, view, base));
  return Object.fromEntries(known.map((field) => [field.name, readField(field, view, base)]));
}

function readField(field: IoctlField, view: DataView, base: number): unknown {
  const at = base + field.offset;
  if (field.count === 1) return readValue(field, view, at);
  const said = field.countOffset < 0 ? field.count : view.getUint32(base + field.countOffset, LITTLE_ENDIAN);
  return Array.from({ length: Math.min(said, field.count) }, (_, i) => readValue(field, view, at + i * field.size));
}

function readValue(field: IoctlField, view: DataView, at: number): unknown {
  const { layout, kind, size } = field;
  if (layout !== undefined) return readStruct(layout, view, at);
  if (kind === 'text') return readText(view, at, size);
  const start = view.byteOffset + at;
  if (kind === 'bytes') return new Uint8Array(view.buffer.slice(start, start + size));
  if (kind === 'address') return SocketAddress.fromBytes(new Uint8Array(view.buffer.slice(start, start + size)));
  if (size === 8) return view.getBigUint64(at, LITTLE_ENDIAN);
  if (size === 1) return view.getUint8(at);
  if (size === 2) return view.getUint16(at, LITTLE_ENDIAN);
  return kind === 'signed' ? view.getInt32(at, LITTLE_ENDIAN) : view.getUint32(at, LITTLE_ENDIAN);
}

function readText(view: DataView, at: number, size: number): string {
  const bytes = Buffer.from(view.buffer, view.byteOffset + at, size);
  const end = bytes.indexOf(0);
  return bytes.toString('utf8', 0, end < 0 ? size : end);
}
