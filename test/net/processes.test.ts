// How long a process lives: as long as with node:net, whatever its sockets and servers do.
import { expect, test } from 'vitest';
import { inChild } from '../helpers/child.js';

const BODIES = {
  'a server that is closed when its connection has ended': `
    const server = net.createServer((given) => given.end('x')).listen(0, '127.0.0.1', () => {
      net.connect(server.address().port, '127.0.0.1').resume().on('close', () => server.close(() => say('closed')));
    });`,
  'a server that is not referenced': `
    net.createServer().unref().listen(0, () => say('listening'));
    setTimeout(() => say('later'), 20);`,
  'a socket that is not referenced': `
    const server = net.createServer().listen(0, '127.0.0.1', () => {
      const socket = net.connect(server.address().port, '127.0.0.1', () => {
        say('connected');
        server.unref();
      });
      server.on('connection', (given) => given.unref());
      socket.unref();
    });`,
  'a socket that is referenced again': `
    const server = net.createServer((given) => setTimeout(() => given.end(), 20)).listen(0, '127.0.0.1', () => {
      const socket = net.connect(server.address().port, '127.0.0.1');
      socket.unref().ref().resume().on('end', () => say('ended'));
      server.unref();
    });`,
  'sockets that are paused, which wait for nothing': `
    const server = net.createServer({ pauseOnConnect: true }, (given) => say('accepted')).listen(0, '127.0.0.1', () => {
      const socket = net.connect(server.address().port, '127.0.0.1', () => {
        socket.pause();
        socket._handle.readStop();
        server.close();
      });
    });`,
  'a time-out, which keeps nothing alive': `
    new net.Socket().setTimeout(100_000, () => say('timed out'));
    say('set');`,
  'a write that waits for a peer that reads late': `
    const server = net.createServer({ pauseOnConnect: true }, (given) => {
      server.close();
      setTimeout(() => given.resume(), 50);
      given.on('end', () => say('all came'));
    }).listen(0, '127.0.0.1', () => {
      net.connect(server.address().port, '127.0.0.1').end(Buffer.alloc(20_000_000));
    });`,
  'a connection that is refused': `
    net.connect(1, '127.0.0.1').on('error', ({ code }) => say(code)).on('close', (hadError) => say(hadError));`,
};

test.each(Object.entries(BODIES))('%s', async (_name, body) => {
  const outcomes = await Promise.all(
    ['node:net', 'fdreactor/net'].map(async (module) => {
      const { code, signal, reports } = await inChild(
        ({ args, report, require }) => {
          const made = new Function('net', 'say', 'process', args.body);
          made(require(args.module), report, process);
        },
        { args: { module, body } },
      );
      return { code, signal, reports };
    }),
  );
  expect(outcomes[1]).toEqual(outcomes[0]);
  expect(outcomes[0]?.code).toBe(0);
});
