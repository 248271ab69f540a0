// Chat: node chat.js [--idle seconds] [port] [host]
//
// What it shows: a server whose clients hear of each other. Lines by a framer; rooms as sets of connections; a member
// that does not read is dropped once its queue is full, and its room is told why; one to and from which no byte goes
// is asked to leave; at SIGTERM all are told. Try it with `nc 127.0.0.1 PORT`. What may change: the commands, the
// texts, the limits. What must hold: no member waits for a slow one, and all members of a room hear the same in the
// same order.
import { parseArgs } from 'node:util';
import { Reactor, SystemError } from 'fdreactor';
import { type Chunk, type Connection, type ConnectionHandlers, DelimiterFramer, Listener } from 'fdreactor/connection';
import { announce, goOn, onStop } from './announce.js';

const LOBBY = 'lobby';
const MAX_LINE_BYTES = 1000;
/** So much may wait for a member that does not read, beside what the kernel keeps. */
const MAX_QUEUED = 64 * 1024;
const GRACE_MS = 2000;
const NAME = /^[\w-]{1,20}$/;
const HELP = '* /join ROOM, /rooms, /who, /quit; anything else is said to your room';

/** Why a member left, by the code of the error. */
const REASONS: Record<string, string> = {
  ERR_QUEUE_FULL: 'dropped: does not read',
  ERR_FRAME_TOO_LARGE: `dropped: a line of more than ${MAX_LINE_BYTES} bytes`,
  ETIMEDOUT: 'idle for too long',
};

/** What is known of a connection. It has a name before it has a room. */
class Member {
  readonly lines = new DelimiterFramer({ maxBytes: MAX_LINE_BYTES });
  name = '';
  room = '';
}

class Chat implements ConnectionHandlers<Member> {
  readonly #names = new Set<string>();
  readonly #rooms = new Map<string, Set<Connection<Member>>>();
  /** What is still to be said. A member that is dropped meanwhile is told after that, and not in the middle of it. */
  readonly #unsaid: { room: string; line: string }[] = [];
  #isSaying = false;

  open(connection: Connection<Member>): void {
    connection.data = new Member();
    tell(connection, '* What is your name?');
  }

  data(connection: Connection<Member>, bytes: Chunk): void {
    connection.data.lines.push(bytes, (frame) => {
      const line = frame.toString().replace(/\p{Cc}/gu, ''); // what a terminal would obey, and the CR of telnet
      if (!connection.ending && line !== '') this.#take(connection, line);
    });
  }

  /** It is idle; and one that was told to go, and has not, is closed. */
  timeout(connection: Connection<Member>): void {
    if (connection.ending) connection.close();
    else this.#quit(connection, REASONS.ETIMEDOUT as string);
  }

  /** close() tells why. What is no fault of the peer is a bug, and goes on to the reactor. */
  error(_connection: Connection<Member>, error: NodeJS.ErrnoException): void {
    if (!(error instanceof SystemError) && !Object.hasOwn(REASONS, error.code ?? '')) throw error;
  }

  close(connection: Connection<Member>, error: unknown): void {
    const { code } = (error ?? {}) as { code?: string };
    this.#leave(connection, code === undefined ? 'gone' : (REASONS[code] ?? code));
    this.#names.delete(connection.data.name);
  }

  #take(connection: Connection<Member>, line: string): void {
    const { name, room } = connection.data;
    const [command, argument = ''] = line.split(' ', 2);
    if (name === '') this.#welcome(connection, line);
    else if (!line.startsWith('/')) this.#say(room, `${name}: ${line}`);
    else if (command === '/join' && NAME.test(argument)) this.#join(connection, argument);
    else if (command === '/rooms') tell(connection, `* ${[...this.#rooms.keys()].join(' ')}`);
    else if (command === '/who') tell(connection, `* ${this.#membersOf(room).join(' ')}`);
    else if (command === '/quit') this.#quit(connection, 'quit');
    else tell(connection, HELP);
  }

  #welcome(connection: Connection<Member>, name: string): void {
    if (!NAME.test(name)) tell(connection, '* Letters, digits, _ and -, 20 at most. What is your name?');
    else if (this.#names.has(name)) tell(connection, '* That name is taken. What is your name?');
    else {
      this.#names.add(name);
      connection.data.name = name;
      tell(connection, HELP);
      this.#join(connection, LOBBY);
    }
  }

  #join(connection: Connection<Member>, room: string): void {
    this.#leave(connection, `went to ${room}`);
    if (connection.closed) return; // the last line to it was one too many
    const members = this.#rooms.get(room) ?? new Set();
    this.#rooms.set(room, members.add(connection));
    connection.data.room = room;
    this.#say(room, `* ${connection.data.name} is in ${room}`);
  }

  #leave(connection: Connection<Member>, reason: string): void {
    const { name, room } = connection.data;
    const members = this.#rooms.get(room);
    connection.data.room = '';
    if (members?.delete(connection) !== true) return;
    if (members.size === 0) this.#rooms.delete(room);
    this.#say(room, `* ${name} left: ${reason}`);
  }

  #quit(connection: Connection<Member>, reason: string): void {
    this.#leave(connection, reason);
    connection.end('* Goodbye.\n');
  }

  #membersOf(room: string): string[] {
    return [...(this.#rooms.get(room) ?? [])].map((member) => member.data.name);
  }

  /** write() closes a connection whose queue is full, and close() above says so: that comes behind this line. */
  #say(room: string, line: string): void {
    this.#unsaid.push({ room, line });
    if (this.#isSaying) return;
    this.#isSaying = true;
    for (let next = this.#unsaid.shift(); next !== undefined; next = this.#unsaid.shift()) {
      const bytes = Buffer.from(`${next.line}\n`); // encoded once for all
      for (const member of this.#rooms.get(next.room) ?? []) if (!member.ending) member.write(bytes);
    }
    this.#isSaying = false;
  }
}

function tell(connection: Connection<Member>, line: string): void {
  connection.write(`${line}\n`);
}

const { values, positionals } = parseArgs({ allowPositionals: true, options: { idle: { type: 'string' } } });
const [port = '0', host = '127.0.0.1'] = positionals;
const reactor = new Reactor({ onError: goOn });
const limits = { maxQueued: MAX_QUEUED, idleTimeoutMs: Number(values.idle ?? 600) * 1000 };
const listener = new Listener<Member>(reactor, { host, port: Number(port), ...limits }, new Chat());

onStop(reactor, () => {
  for (const connection of listener.connections()) if (!connection.ending) tell(connection, '* The server stops.');
  listener.close({ graceMs: GRACE_MS });
});
announce(listener);
reactor.run(); // returns when the last member has gone
reactor.close();
