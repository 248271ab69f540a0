// The numbers of winsock2.h, ws2tcpip.h and ws2ipdef.h, which are part of Windows' binary interface: written down from
// the headers of the Windows SDK, to be compared with what the package says.
import * as socket from 'fdreactor/socket';
import { expect, test } from 'vitest';

const known: Record<string, number> = {
  AF_UNSPEC: 0,
  AF_INET: 2,
  AF_INET6: 23,
  SOCK_STREAM: 1,
  SOCK_DGRAM: 2,
  SOCK_RAW: 3,
  IPPROTO_IP: 0,
  IPPROTO_ICMP: 1,
  IPPROTO_TCP: 6,
  IPPROTO_UDP: 17,
  IPPROTO_IPV6: 41,
  SOL_SOCKET: 0xffff,
  SO_ACCEPTCONN: 0x0002,
  SO_REUSEADDR: 0x0004,
  SO_KEEPALIVE: 0x0008,
  SO_DONTROUTE: 0x0010,
  SO_BROADCAST: 0x0020,
  SO_EXCLUSIVEADDRUSE: ~0x0004,
  SO_LINGER: 0x0080,
  SO_OOBINLINE: 0x0100,
  SO_SNDBUF: 0x1001,
  SO_RCVBUF: 0x1002,
  SO_SNDTIMEO: 0x1005,
  SO_RCVTIMEO: 0x1006,
  SO_ERROR: 0x1007,
  SO_TYPE: 0x1008,
  TCP_NODELAY: 1,
  IP_TTL: 4,
  IP_TOS: 3,
  IP_MULTICAST_IF: 9,
  IP_MULTICAST_TTL: 10,
  IP_MULTICAST_LOOP: 11,
  IP_ADD_MEMBERSHIP: 12,
  IP_DROP_MEMBERSHIP: 13,
  IPV6_V6ONLY: 27,
  SHUT_RD: 0,
  SHUT_WR: 1,
  SHUT_RDWR: 2,
  MSG_OOB: 1,
  MSG_PEEK: 2,
  MSG_DONTROUTE: 4,
  MSG_WAITALL: 8,
};

test('those that are there are those of the headers', () => {
  const constants = socket.constants as unknown as Record<string, number>;
  for (const [name, value] of Object.entries(known)) expect(constants[name], name).toBe(value);
});

test('they are integers as the headers have them, and cannot be changed', () => {
  for (const [name, value] of Object.entries(socket.constants)) expect(Number.isInteger(value), name).toBe(true);
  expect(Object.isFrozen(socket.constants)).toBe(true);
});
