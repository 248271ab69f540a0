// Faults of the disk and of the kernel in sendFile(), injected by strace into a small child: a rejection of that code,
// and the end of the connection.
import { describe, expect, test } from 'vitest';
import { reportOf, type Toolbox } from '../helpers/child.js';
import { describeWith } from '../helpers/needs.js';

/** Sends a file to a client that reads only when the fault is there; what the promise and both sides came to. */
const sendWithFault = async ({ http, net, fs, node, openFds, report, injectFaults, args }: Toolbox): Promise<void> => {
  const [call, error, atOnce] = args as [string, string, boolean];
  const path = `/tmp/fdreactor-faults-${process.pid}`;
  fs.writeFileSync(path, Buffer.alloc(50_000_000, 'x'));
  node.sharedReactor();
  let before = 0;
  const server = http.createServer(async (_request, response) => {
    const events: string[] = [];
    for (const name of ['finish', 'close', 'error']) response.on(name, () => events.push(name));
    before = openFds().length;
    const inject = () => injectFaults([call, `error=${error}`, '1']); // libuv aborts at a second one of epoll_ctl
    const stop = atOnce ? inject() : null;
    const sending = node.sendFile(response, path);
    if (stop === null) setTimeout(() => [inject(), client.resume()], 50);
    const { code, syscall } = await sending.then(
      () => ({ code: 'sent', syscall: '' }),
      (reason) => reason,
    );
    await new Promise((resolve) => setTimeout(resolve, 20));
    report({ code, syscall, events, more: openFds().length - before });
    fs.unlinkSync(path);
    process.exit(0);
  });
  let client = new net.Socket();
  server.listen(0, '127.0.0.1', () => {
    client = net.connect((server.address() as { port: number }).port, '127.0.0.1').pause();
    client.on('error', () => {});
    client.write('GET / HTTP/1.1\r\nHost: a\r\n\r\n');
  });
};

describeWith({ needs: ['epoll', 'strace'] }, 'faults', () => {
  test.each(['EIO', 'ENOMEM', 'EOVERFLOW'])('sendfile fails with %s at once, and later', async (code) => {
    for (const atOnce of [true, false]) {
      const { more, ...told } = await reportOf(sendWithFault, { args: ['sendfile', code, atOnce] });
      expect(told).toEqual({ code, syscall: 'sendfile', events: ['close'] });
      expect(more).toBeLessThanOrEqual(0);
    }
  });

  describe('epoll_ctl', () => {
    test.each(['ENOSPC', 'ENOMEM'])('fails with %s where room is to be awaited', async (code) => {
      const { more, ...told } = await reportOf(sendWithFault, { args: ['epoll_ctl', code, true] });
      expect(told).toEqual({ code, syscall: 'epoll_ctl', events: ['close'] });
      expect(more).toBeLessThanOrEqual(0);
    });
  });
});
