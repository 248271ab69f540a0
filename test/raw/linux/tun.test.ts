// TUN devices and the settings of interfaces, in a network namespace that ends with the child.
import { expect } from 'vitest';
import { reportOf, type Toolbox } from '../../helpers/child.js';
import { inNamespace, whyNoTun } from '../../helpers/linux/namespace.js';
import { testUnless } from '../../helpers/needs.js';

const whyNot = whyNoTun();
// biome-ignore lint/suspicious/noExplicitAny: reports travel as JSON
const there = (body: (toolbox: Toolbox) => unknown): Promise<any> => reportOf(body, { wrap: [...inNamespace] });

testUnless(whyNot, 'a TUN device is made, gets an address, and passes a datagram on', async () => {
  const report = await there(({ fs, linux, socket, Reactor, Interest, outcomeOf, report }) => {
    const { constants, ioctl } = linux;
    const { O_RDWR, O_NONBLOCK } = fs.constants;
    const tun = fs.openSync('/dev/net/tun', O_RDWR | O_NONBLOCK);
    const features = ioctl(tun, 'TUNGETFEATURES');
    const made = ioctl(tun, 'TUNSETIFF', { name: 'test%d', flags: constants.IFF_TUN | constants.IFF_NO_PI });
    const { name } = made;
    const again = ioctl(tun, 'TUNGETIFF');
    const control = socket.socket(socket.constants.AF_INET, socket.constants.SOCK_DGRAM, 0);
    ioctl(control, 'SIOCSIFADDR', { name, address: { host: '10.9.8.1', port: 0 } });
    ioctl(control, 'SIOCSIFNETMASK', { name, netmask: new socket.SocketAddress({ host: '255.255.255.0', port: 0 }) });
    ioctl(control, 'SIOCSIFDSTADDR', { name, dstaddr: { host: '10.9.8.2', port: 0 } });
    ioctl(control, 'SIOCSIFMTU', { name, mtu: 1400 });
    const queue = outcomeOf(() => ioctl(control, 'SIOCSIFTXQLEN', { name, txqlen: 77 }));
    const { flags } = ioctl(control, 'SIOCGIFFLAGS', { name });
    ioctl(control, 'SIOCSIFFLAGS', { name, flags: flags | constants.IFF_UP });
    const settings = {
      ...ioctl(control, 'SIOCGIFMTU', { name }),
      ...ioctl(control, 'SIOCGIFTXQLEN', { name }),
      type: ioctl(control, 'SIOCGIFHWADDR', { name }).type,
      address: ioctl(control, 'SIOCGIFADDR', { name }).address.address,
      netmask: ioctl(control, 'SIOCGIFNETMASK', { name }).netmask.address,
      dstaddr: ioctl(control, 'SIOCGIFDSTADDR', { name }).dstaddr.address,
    };
    const up = ioctl(control, 'SIOCGIFFLAGS', { name }).flags & (constants.IFF_UP | constants.IFF_RUNNING);

    const sender = socket.bindUdp({ host: '10.9.8.1', port: 0 });
    const reactor = new Reactor();
    const packet = Buffer.alloc(2000);
    let text = '';
    reactor.register(tun, Interest.READABLE, () => {
      const length = socket.read(tun, packet);
      const isUdp = length > 28 && packet[0] === 0x45 && packet[9] === 17; // IPv4, and no option
      if (!isUdp) return;
      text = packet.toString('latin1', 28, length);
      reactor.stop();
    });
    socket.sendto(sender, Buffer.from('through the tunnel'), 0, 18, 0, { host: '10.9.8.2', port: 9 });
    reactor.run();
    report({ features, made, again, settings, queue, up, text, expected: constants.IFF_TUN | constants.IFF_TAP });
    process.exit(0);
  });
  expect(report.features & report.expected).toBe(report.expected);
  expect(report.made).toEqual({ name: 'test0', flags: 0x1001 });
  expect(report.again).toMatchObject({ name: 'test0' });
  expect(report.settings).toEqual({
    name: 'test0',
    mtu: 1400,
    txqlen: 500,
    type: 65534,
    address: '10.9.8.1',
    netmask: '255.255.255.0',
    dstaddr: '10.9.8.2',
  });
  // The kernel wants the right of the machine's own root, which that of a namespace is not.
  expect(report.queue).toMatchObject({ error: { code: 'EPERM' } });
  expect(report.up).toBe(0x41);
  expect(report.text).toBe('through the tunnel');
});

testUnless(whyNot, 'the settings of a TAP device', async () => {
  const report = await there(({ fs, linux, socket, outcomeOf, report }) => {
    const { constants, ioctl } = linux;
    const open = (): number => fs.openSync('/dev/net/tun', fs.constants.O_RDWR | fs.constants.O_NONBLOCK);
    const tap = open();
    const { IFF_TAP, IFF_NO_PI, IFF_VNET_HDR, IFF_MULTI_QUEUE } = constants;
    const early = outcomeOf(() => ioctl(tap, 'TUNGETIFF'));
    ioctl(tap, 'TUNSETIFINDEX', 4321);
    const flags = IFF_TAP | IFF_NO_PI | IFF_VNET_HDR | IFF_MULTI_QUEUE;
    const { name } = ioctl(tap, 'TUNSETIFF', { flags });
    const control = socket.socket(socket.constants.AF_INET, socket.constants.SOCK_DGRAM, 0);
    const { index } = ioctl(control, 'SIOCGIFINDEX', { name });
    const headers = [ioctl(tap, 'TUNGETVNETHDRSZ')];
    ioctl(tap, 'TUNSETVNETHDRSZ', 12);
    headers.push(ioctl(tap, 'TUNGETVNETHDRSZ'));
    ioctl(tap, 'TUNSETSNDBUF', 123456);
    const sendBuffer = ioctl(tap, 'TUNGETSNDBUF');
    ioctl(tap, 'TUNSETOFFLOAD', constants.TUN_F_CSUM | constants.TUN_F_TSO4);
    const second = open();
    ioctl(second, 'TUNSETIFF', { name, flags });
    ioctl(second, 'TUNSETQUEUE', { flags: constants.IFF_DETACH_QUEUE });
    ioctl(second, 'TUNSETQUEUE', { flags: constants.IFF_ATTACH_QUEUE });
    const bad = outcomeOf(() => ioctl(second, 'TUNSETQUEUE', { flags: 0 }));
    const hwaddr = Uint8Array.of(2, 1, 2, 3, 4, 5);
    ioctl(control, 'SIOCSIFHWADDR', { name, type: 1, hwaddr });
    const hardware = ioctl(control, 'SIOCGIFHWADDR', { name });
    ioctl(control, 'SIOCSIFNAME', { name, newName: 'renamed' });
    const again = ioctl(control, 'SIOCGIFNAME', { index });
    ioctl(tap, 'TUNSETOWNER', 0);
    ioctl(tap, 'TUNSETGROUP', 0);
    ioctl(tap, 'TUNSETPERSIST', 1);
    ioctl(tap, 'TUNSETPERSIST', 0);
    ioctl(tap, 'TUNSETLINK', 1);
    const loop = { name: 'lo', broadaddr: { host: '127.255.255.255', port: 0 } };
    ioctl(control, 'SIOCSIFADDR', { name: 'lo', address: { host: '127.0.0.1', port: 0 } });
    ioctl(control, 'SIOCSIFBRDADDR', loop);
    const broadcast = ioctl(control, 'SIOCGIFBRDADDR', { name: 'lo' }).broadaddr.address;
    const bytes = [...hardware.hwaddr];
    report({ index, headers, sendBuffer, again, bytes, type: hardware.type, early, bad, broadcast });
    process.exit(0);
  });
  expect(report).toMatchObject({
    index: 4321,
    headers: [10, 12],
    sendBuffer: 123456,
    again: { name: 'renamed', index: 4321 },
    type: 1,
    bytes: [2, 1, 2, 3, 4, 5, 0, 0, 0, 0, 0, 0, 0, 0],
    early: { error: { code: 'EBADFD' } },
    bad: { error: { code: 'EINVAL' } },
    broadcast: '127.255.255.255',
  });
});

testUnless(whyNot, 'without the right, EPERM', async () => {
  const { errors } = await reportOf(
    ({ linux, socket, outcomeOf, report }) => {
      // A user of the namespace above it: no right over this machine's interfaces.
      const control = socket.socket(socket.constants.AF_INET, socket.constants.SOCK_DGRAM, 0);
      const { mtu } = linux.ioctl(control, 'SIOCGIFMTU', { name: 'lo' });
      const errors = [outcomeOf(() => linux.ioctl(control, 'SIOCSIFMTU', { name: 'lo', mtu }))];
      report({ errors });
      process.exit(0);
    },
    { wrap: ['unshare', '--map-root-user', '--'] },
  );
  expect(errors[0].error).toMatchObject({ code: 'EPERM', syscall: 'ioctl' });
});
