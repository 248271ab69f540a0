// A TUN device that answers pings: node tun.js [address] [name]      (10.10.0.1, and a name that the kernel chooses)
//
//   node tun.js 10.10.0.1 &
//   ping 10.10.0.77          any address of 10.10.0.0/24 but the first: the program answers, no machine has it
//
// What it shows: a device of ioctl(2) in a reactor. TUNSETIFF makes the device, requests of netdevice(7) give it an
// address, and each read is one packet. What may change: anything. What must hold: a packet is checked before its bytes
// are used, since any program can send one. It needs CAP_NET_ADMIN: root, or `unshare --map-root-user --net`.
import * as fs from 'node:fs';
import { Interest, Reactor, SystemError, WOULD_BLOCK } from 'fdreactor';
import { constants, ioctl } from 'fdreactor/linux';
import * as socket from 'fdreactor/socket';
import { stopOnSignals } from './announce.js';

const MAX_PER_TURN = 64;
const IPV4_HEADER = 20;
const ICMP_HEADER = 8;
const ICMP = 1;
const ECHO_REQUEST = 8;
const ECHO_REPLY = 0;

/** Makes the device; returns its fd and its name. */
function openTun(wanted: string): { fd: number; name: string } {
  const fd = fs.openSync('/dev/net/tun', fs.constants.O_RDWR | fs.constants.O_NONBLOCK);
  const { name } = ioctl(fd, 'TUNSETIFF', { name: wanted, flags: constants.IFF_TUN | constants.IFF_NO_PI });
  return { fd, name };
}

/** Gives the device an address of a network of 256, and switches it on. */
function setUp(name: string, host: string): void {
  const control = socket.socket(socket.constants.AF_INET, socket.constants.SOCK_DGRAM, 0); // any socket will do
  try {
    ioctl(control, 'SIOCSIFADDR', { name, address: { host, port: 0 } });
    ioctl(control, 'SIOCSIFNETMASK', { name, netmask: { host: '255.255.255.0', port: 0 } });
    const { flags } = ioctl(control, 'SIOCGIFFLAGS', { name });
    ioctl(control, 'SIOCSIFFLAGS', { name, flags: flags | constants.IFF_UP });
  } finally {
    socket.close(control);
  }
}

/** Turns an echo request into its reply, in place; false for any other packet. */
function answer(packet: Buffer): boolean {
  if (packet.length < IPV4_HEADER || packet.readUInt8(0) >> 4 !== 4) return false;
  const icmp = (packet.readUInt8(0) & 15) * 4;
  const isFragment = (packet.readUInt16BE(6) & 0x3fff) !== 0;
  if (icmp < IPV4_HEADER || packet.readUInt8(9) !== ICMP || isFragment || packet.length < icmp + ICMP_HEADER) {
    return false;
  }
  if (packet.readUInt8(icmp) !== ECHO_REQUEST) return false;
  const source = packet.readUInt32BE(12);
  packet.writeUInt32BE(packet.readUInt32BE(16), 12); // to swap two addresses leaves the checksum as it is
  packet.writeUInt32BE(source, 16);
  packet.writeUInt8(ECHO_REPLY, icmp);
  const sum = packet.readUInt16BE(icmp + 2) + (ECHO_REQUEST << 8); // RFC 1624: what the first word has lost
  packet.writeUInt16BE((sum & 0xffff) + (sum >> 16), icmp + 2);
  return true;
}

const [host = '10.10.0.1', wanted = ''] = process.argv.slice(2);
const { fd, name } = openTun(wanted);
setUp(name, host);
const buffer = Buffer.allocUnsafeSlow(65536); // no packet is longer
let answered = 0;

const reactor = new Reactor();
reactor.register(fd, Interest.READABLE, () => {
  for (let i = 0; i < MAX_PER_TURN; i++) {
    const length = socket.read(fd, buffer);
    if (length === WOULD_BLOCK) return;
    if (answer(buffer.subarray(0, length))) reply(length);
  }
});

/** A packet that the device does not take is lost, as in any network. */
function reply(length: number): void {
  try {
    if (socket.write(fd, buffer, 0, length) === length) answered++;
  } catch (error) {
    if (!(error instanceof SystemError)) throw error; // EIO: the device was switched off
  }
}

stopOnSignals(reactor);
console.log(`${name}: ${host}/24, answering pings`);
reactor.run();
reactor.close();
socket.close(fd); // and the device is gone
console.log(`${answered} pings answered`);
