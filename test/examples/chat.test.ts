// examples/chat: what one says is heard by all of its room, in one order; members that do not read, do not speak or go
// away without a word leave, and the others are told. The four styles of it pass the same tests.
import type { Socket } from 'node:net';
import { setTimeout as delay } from 'node:timers/promises';
import { expect, test as testOf } from 'vitest';
import { eventually } from '../helpers/patience.js';
import { bytes, connect } from './clients.js';
import { type Running, start as startExample } from './running.js';

/** A member, and the lines that it has heard. */
class Member {
  readonly socket: Socket;
  readonly lines: string[] = [];
  #rest = '';

  constructor(socket: Socket) {
    this.socket = socket.setEncoding('utf8').on('data', (text: string) => {
      const lines = (this.#rest + text).split('\n');
      this.#rest = lines.pop() as string;
      this.lines.push(...lines);
    });
  }

  say(...lines: string[]): void {
    for (const line of lines) this.socket.write(`${line}\n`);
  }

  /** Waits until it has heard such a line. Returns the line, and forgets those before it. */
  async hears(pattern: RegExp): Promise<string> {
    await eventually(`${pattern} is heard`, () => this.lines.some((line) => pattern.test(line)));
    return this.lines.splice(0, this.lines.findIndex((line) => pattern.test(line)) + 1).at(-1) as string;
  }
}

async function stranger(port: number): Promise<Member> {
  return new Member(await connect(port));
}

/** Waits until it changes no more. */
async function settled(value: () => number): Promise<void> {
  for (let before = -1; before !== value(); await delay(200)) before = value();
}

/** In the room when it returns. */
async function member(port: number, name: string, room = 'lobby'): Promise<Member> {
  const made = await stranger(port);
  made.say(name, ...(room === 'lobby' ? [] : [`/join ${room}`]));
  await made.hears(new RegExp(`^\\* ${name} is in ${room}$`));
  return made;
}

const styles = ['connection', 'reactor', 'async', 'rxjs'];
type Start = (args?: (string | number)[]) => Promise<Running>;

function test(name: string, body: (start: Start) => Promise<void>): void {
  for (const style of styles) {
    testOf(`${style}: ${name}`, () => body((args = []) => startExample('chat', ['--style', style, ...args])));
  }
}

test('names, rooms and who is there', async (start) => {
  const chat = await start();
  const anna = await member(chat.port(), 'anna');
  const ben = await stranger(chat.port());
  await ben.hears(/What is your name/);
  ben.say('a name with spaces');
  await ben.hears(/Letters, digits/);
  ben.say('anna');
  await ben.hears(/taken/);
  ben.say('ben');
  await anna.hears(/^\* ben is in lobby$/);
  ben.say('/who', '/rooms', '/help', '/join two words');
  await ben.hears(/^\* anna ben$/);
  await ben.hears(/^\* lobby$/);
  await ben.hears(/\/join ROOM/);
  await anna.hears(/^\* ben left: went to two$/);
  anna.say('is there another?');
  expect(await anna.hears(/another/)).toBe('anna: is there another?');
  ben.say('/who', '/quit', 'not heard any more');
  await ben.hears(/^\* ben$/);
  await ben.hears(/^\* Goodbye\.$/);
  await eventually('the end', () => ben.socket.readableEnded);
  expect([ben.lines, anna.lines]).toEqual([[], []]);
  const again = await member(chat.port(), 'again');
  ben.socket.destroy();
  again.socket.destroy();
  await anna.hears(/^\* again left: gone$/);
  await member(chat.port(), 'ben'); // the name is free
});

test('lines come whole however they are cut; those of one chunk, and of telnet, too', async (start) => {
  const chat = await start();
  const anna = await member(chat.port(), 'anna');
  for (const byte of Buffer.from('grüße\r\n')) anna.socket.setNoDelay(true).write(Buffer.of(byte));
  expect(await anna.hears(/gr/)).toBe('anna: grüße');
  anna.socket.write('one\n\n\x1b[2Jtwo\nthree\n');
  await anna.hears(/three/);
  anna.say('end');
  expect(await anna.hears(/end/)).toBe('anna: end');
});

test('all of a room hear the same, in the same order; other rooms hear nothing', async (start) => {
  const chat = await start();
  const members = await Promise.all(Array.from({ length: 20 }, (_, i) => member(chat.port(), `m${i}`, 'big')));
  const other = await member(chat.port(), 'other');
  members[0]?.say('begin');
  for (const one of members) await one.hears(/^m0: begin$/);
  for (let i = 0; i < 50; i++) for (const one of members) one.say(`line ${i}`);
  await eventually('all is heard', () => members.every((one) => one.lines.length === 1000));
  expect(new Set(members.map((one) => one.lines.join('\n'))).size).toBe(1);
  other.say('/who');
  expect(await other.hears(/./)).toBe('* other');
});

test('a member that does not read is dropped, its room is told, and none waits for it', async (start) => {
  const chat = await start();
  const [slow, ...others] = await Promise.all(['slow', 'anna', 'ben'].map((name) => member(chat.port(), name)));
  const [anna, ben] = others as [Member, Member];
  const before = chat.ownBytes();
  slow?.socket.pause();
  const line = bytes(450).toString('hex');
  for (let said = 0; !anna.lines.some((heard) => heard.startsWith('* slow left')); said += 100) {
    for (let i = said; i < said + 100; i++) anna.say(`${i} ${line}`);
    await ben.hears(new RegExp(`^anna: ${said + 99} `)); // though the slow one has not read it
  }
  expect(await anna.hears(/^\* slow left/)).toBe('* slow left: dropped: does not read');
  ben.say('/who');
  await ben.hears(/^\* (anna ben|ben anna)$/);
  expect(chat.ownBytes() - before).toBeLessThan(16 * 1024 * 1024);
  expect(chat.stderr).toBe('');
});

test('a line without an end is dropped with its member', async (start) => {
  const chat = await start();
  const [anna, ben] = [await member(chat.port(), 'anna'), await member(chat.port(), 'ben')];
  ben.socket.write('x'.repeat(100_000));
  await anna.hears(/^\* ben left: dropped: a line of more than 1000 bytes$/);
  expect(chat.stderr).toBe('');
});

test('a reset at any point leaves no member and no fd', async (start) => {
  const chat = await start();
  const anna = await member(chat.port(), 'anna');
  const before = chat.openFds();
  for (let round = 0; round < 20; round++) {
    const [named, nameless] = [await member(chat.port(), 'ben'), await stranger(chat.port())];
    nameless.socket.resetAndDestroy();
    named.say('last words');
    named.socket.resetAndDestroy();
    await anna.hears(/^\* ben left: gone$/);
  }
  anna.say('/who');
  await anna.hears(/^\* anna$/);
  await chat.leaksNothing(before);
});

test('one who ends, in the middle of a line or at its end, is no reset', async (start) => {
  const chat = await start();
  const anna = await member(chat.port(), 'anna');
  for (const last of ['half a line', '/who\n', '']) {
    const ben = await member(chat.port(), 'ben');
    ben.socket.end(last);
    await anna.hears(/^\* ben left: gone$/);
    await eventually('the end', () => ben.socket.readableEnded || ben.socket.errored !== null);
    expect([ben.socket.errored, ben.socket.readableEnded]).toEqual([null, true]);
  }
  expect(chat.stderr).toBe('');
});

test('an idle member is asked to leave, and closed if it stays; one that speaks is not', async (start) => {
  const chat = await start(['--idle', 1]);
  const started = performance.now();
  const idle = await member(chat.port(), 'idle', 'elsewhere');
  const anna = await member(chat.port(), 'anna');
  const open = chat.openFds();
  const timer = setInterval(() => anna.say('still here'), 100);
  await idle.hears(/^\* Goodbye\.$/);
  expect(performance.now() - started).toBeGreaterThan(1000);
  await chat.leaksNothing(open - 1); // its own half is still open
  clearInterval(timer);
  anna.say('/rooms');
  await anna.hears(/^\* lobby$/);
});

test('SIGTERM: all are told and get the end; exit code 0 when they have gone', async (start) => {
  const chat = await start();
  const members = [await member(chat.port(), 'anna'), await stranger(chat.port())];
  await members[1]?.hears(/What is your name/);
  for (const { socket } of members) socket.once('end', () => socket.end());
  const code = chat.stop();
  for (const one of members) await one.hears(/^\* The server stops\.$/);
  expect([await code, chat.stderr]).toEqual([0, '']);
});

test('SIGTERM: one that does not go is closed in the end', async (start) => {
  const chat = await start();
  const stays = await stranger(chat.port());
  await stays.hears(/What is your name/);
  expect(await chat.stop()).toBe(0);
  await stays.hears(/The server stops/);
});

test('one who speaks faster than it hears is not read until it has heard; others go on', async (start) => {
  const chat = await start();
  const [anna, ben] = [await member(chat.port(), 'anna', 'alone'), await member(chat.port(), 'ben')];
  const before = chat.ownBytes();
  anna.lines.length = 0;
  anna.socket.pause();
  const [line, lines] = ['x'.repeat(900), 40_000]; // more than the kernel takes, in both directions
  anna.socket.write(`${line}\n`.repeat(lines));
  await settled(() => anna.socket.writableLength);
  expect(anna.socket.writableLength).toBeGreaterThan(0);
  ben.say('/who');
  await ben.hears(/^\* ben$/);
  expect(chat.ownBytes() - before).toBeLessThan(16 * 1024 * 1024);
  anna.socket.resume();
  await eventually('all is heard', () => anna.lines.length === lines, 20_000);
  expect(new Set(anna.lines)).toEqual(new Set([`anna: ${line}`]));
  expect(chat.stderr).toBe('');
});

test('a flood of many at once: all is heard by all, in the same order', async (start) => {
  const chat = await start();
  const members = await Promise.all(Array.from({ length: 8 }, (_, i) => member(chat.port(), `m${i}`, 'big')));
  members[0]?.say('begin');
  for (const one of members) await one.hears(/^m0: begin$/);
  members.forEach((one, i) => {
    one.socket.write(Array.from({ length: 1000 }, (_, n) => `${i} ${n}\n`).join(''));
  });
  await eventually('all is heard', () => members.every((one) => one.lines.length === 8000));
  expect(new Set(members.map((one) => one.lines.join('\n'))).size).toBe(1);
  expect(chat.stderr).toBe('');
});
