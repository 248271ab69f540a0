// The chat itself: names, rooms, commands, and what is said to whom. It knows nothing of sockets: the four files beside
// it (reactor, connection, async, rxjs) bring it lines, and give it something to write to. What may change: the
// commands, the texts, the limits. What must hold: all members of a room hear the same in the same order, and what
// write() brings about (a member is dropped, and its room is told) comes behind the line that was being said.
import { SystemError } from 'fdreactor';

export const MAX_LINE_BYTES = 1000;
/** One read takes no more, so that what the lines of a read become is bounded as well. */
export const MAX_READ_BYTES = 4096;
/** A member for whom more than that waits is not read until all of it is sent. */
export const HIGH_WATER = 64 * 1024;
/** So much may wait for a member, beside what the kernel keeps. Then it is dropped. */
export const MAX_QUEUED = 256 * 1024;
export const GRACE_MS = 2000;

const LOBBY = 'lobby';
const NAME = /^[\w-]{1,20}$/;
const HELP = '* /join ROOM, /rooms, /who, /quit; anything else is said to your room\n';

/** What every style is started with. */
export interface ChatOptions {
  host: string;
  port: number;
  /** A member that says nothing for so long is asked to leave, and closed if it stays. */
  idleTimeoutMs: number;
}

/** What the chat writes to: a Connection is one. A write may end it, within the call or later. */
export interface Link {
  /** Whether end() was called: nothing can be written any more. */
  readonly ending: boolean;
  write(bytes: Uint8Array): unknown;
  end(text: string): unknown;
}

/** It has a name before it has a room. */
export class Member {
  readonly link: Link;
  name = '';
  room = '';
  /** Its link is closed. */
  isGone = false;

  constructor(link: Link) {
    this.link = link;
  }
}

/** Why a member left, by the code of the error. */
const REASONS: Record<string, string> = {
  ERR_QUEUE_FULL: 'dropped: does not read',
  ERR_FRAME_TOO_LARGE: `dropped: a line of more than ${MAX_LINE_BYTES} bytes`,
  ETIMEDOUT: 'idle for too long',
};

/** Whether an error is the peer's: of its connection, or of a limit above. Others are bugs. */
export function isOfPeer(error: unknown): boolean {
  return error instanceof SystemError || Object.hasOwn(REASONS, (error as { code?: string }).code ?? '');
}

export const IDLE = REASONS.ETIMEDOUT as string;

/** In words, for the others. */
export function reasonOf(error: unknown): string {
  const { code = '' } = (error ?? {}) as { code?: string };
  return REASONS[code] ?? 'gone'; // ended, or ECONNRESET, EPIPE
}

export class Chat {
  readonly #names = new Set<string>();
  readonly #rooms = new Map<string, Set<Member>>();
  /** What is still to be said. A member that is dropped meanwhile is told after that, and not in the middle of it. */
  readonly #unsaid: { room: string; line: string }[] = [];
  #isSaying = false;

  /** Someone has come. */
  welcome(member: Member): void {
    tell(member, '* What is your name?\n');
  }

  /** A line has come, without its end. Those of a member that was asked to leave are not heard. */
  take(member: Member, bytes: Uint8Array): void {
    const line = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length)
      .toString()
      .replace(/\p{Cc}/gu, ''); // what a terminal would obey, and the CR of telnet
    if (member.isGone || member.link.ending || line === '') return;
    const { name, room } = member;
    const [command, argument = ''] = line.split(' ', 2);
    if (name === '') this.#introduce(member, line);
    else if (!line.startsWith('/')) this.#say(room, `${name}: ${line}`);
    else if (command === '/join' && NAME.test(argument)) this.#join(member, argument);
    else if (command === '/rooms') tell(member, `* ${[...this.#rooms.keys()].join(' ')}\n`);
    else if (command === '/who') tell(member, `* ${this.#membersOf(room).join(' ')}\n`);
    else if (command === '/quit') this.quit(member, 'quit');
    else tell(member, HELP);
  }

  /** It is to leave; its link may still be open for a while. */
  quit(member: Member, reason: string): void {
    this.#leave(member, reason);
    if (!member.link.ending) member.link.end('* Goodbye.\n');
  }

  /** Its link is closed. The name is free. */
  gone(member: Member, reason: string): void {
    if (member.isGone) return;
    this.#leave(member, reason);
    this.#names.delete(member.name);
    member.isGone = true;
  }

  #introduce(member: Member, name: string): void {
    if (!NAME.test(name)) tell(member, '* Letters, digits, _ and -, 20 at most. What is your name?\n');
    else if (this.#names.has(name)) tell(member, '* That name is taken. What is your name?\n');
    else {
      this.#names.add(name);
      member.name = name;
      tell(member, HELP);
      this.#join(member, LOBBY);
    }
  }

  #join(member: Member, room: string): void {
    this.#leave(member, `went to ${room}`);
    if (member.isGone) return; // meanwhile: the last line to it was one too many
    const members = this.#rooms.get(room) ?? new Set();
    this.#rooms.set(room, members.add(member));
    member.room = room;
    this.#say(room, `* ${member.name} is in ${room}`);
  }

  #leave(member: Member, reason: string): void {
    const { name, room } = member;
    const members = this.#rooms.get(room);
    member.room = '';
    if (members?.delete(member) !== true) return;
    if (members.size === 0) this.#rooms.delete(room);
    this.#say(room, `* ${name} left: ${reason}`);
  }

  #membersOf(room: string): string[] {
    return [...(this.#rooms.get(room) ?? [])].map((member) => member.name);
  }

  #say(room: string, line: string): void {
    this.#unsaid.push({ room, line });
    if (this.#isSaying) return;
    this.#isSaying = true;
    for (let next = this.#unsaid.shift(); next !== undefined; next = this.#unsaid.shift()) {
      const bytes = Buffer.from(`${next.line}\n`); // encoded once for all
      for (const { link } of this.#rooms.get(next.room) ?? []) if (!link.ending) link.write(bytes);
    }
    this.#isSaying = false;
  }
}

function tell({ link }: Member, text: string): void {
  link.write(Buffer.from(text));
}
