// examples/tun: a device that answers pings, in a network namespace that ends with the test.
import { expect } from 'vitest';
import { reportOf } from '../helpers/child.js';
import { inNamespace, whyNoTun } from '../helpers/linux/namespace.js';
import { testUnless } from '../helpers/needs.js';
import { scriptOf } from './running.js';

testUnless(whyNoTun(), 'an address that no machine has answers a ping, byte for byte', async () => {
  const report = await reportOf(
    async ({ childProcess, socket, Reactor, Interest, report, args }) => {
      const example = childProcess.spawn(process.execPath, [args, '10.10.0.1', 'ping%d']);
      let output = '';
      example.stdout.setEncoding('utf8').on('data', (text: string) => {
        output += text;
      });
      while (!output.includes('answering')) await new Promise((resolve) => example.stdout.once('data', resolve));

      // An echo request: type, code, checksum, identifier, number, and an odd number of bytes.
      const request = Buffer.from([8, 0, 0, 0, 0x12, 0x34, 0, 1, ...Buffer.from('is there a machine?')]);
      let sum = 0;
      for (let i = 0; i < request.length; i += 2) sum += (request[i] as number) * 256 + (request[i + 1] ?? 0);
      while (sum > 0xffff) sum = (sum & 0xffff) + (sum >> 16);
      request.writeUInt16BE(0xffff - sum, 2);
      const raw = socket.socket(socket.constants.AF_INET, socket.constants.SOCK_RAW, 1);
      socket.connect(raw, { host: '10.10.0.77', port: 0 });
      const reactor = new Reactor();
      const packet = Buffer.alloc(2000);
      let length = 0;
      reactor.register(raw, Interest.READABLE, () => {
        length = socket.recv(raw, packet);
        reactor.stop();
      });
      socket.send(raw, Buffer.from([1, 2, 3])); // too short for ICMP: not answered, and does no harm
      socket.send(raw, request);
      reactor.run();
      const ended = new Promise((resolve) => example.once('close', resolve));
      example.kill('SIGTERM');
      const code = await ended;
      const reply = packet.subarray(20, length);
      let replySum = 0;
      for (let i = 0; i < reply.length; i += 2) replySum += (reply[i] as number) * 256 + (reply[i + 1] ?? 0);
      while (replySum > 0xffff) replySum = (replySum & 0xffff) + (replySum >> 16);
      const same = reply.subarray(4).equals(request.subarray(4));
      report({ code, output, type: reply[0], same, replySum, from: packet.subarray(12, 16).join('.') });
      process.exit(0);
    },
    { wrap: [...inNamespace], args: scriptOf('tun') },
  );
  expect(report).toMatchObject({ code: 0, type: 0, same: true, replySum: 0xffff, from: '10.10.0.77' });
  expect(report.output).toBe('ping0: 10.10.0.1/24, answering pings\n1 pings answered\n');
});
