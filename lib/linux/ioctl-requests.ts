// The requests of ioctl(), typed: what each takes and what it answers. Exported as a part of fdreactor/linux.
import type { InternetAddress, SocketAddress } from '../socket/address.js';

/** The size of a terminal (`struct winsize`, TIOCGWINSZ(2const)). All from 0 to 65,535. */
export interface WindowSize {
  /** Lines of text. */
  rows: number;
  /** Characters in a line. */
  cols: number;
  /** The width in pixels; 0 if it is not known. */
  xpixel?: number;
  /** The height in pixels; 0 if it is not known. */
  ypixel?: number;
}

/**
 * The settings of a terminal or a serial port (`struct termios2`, Linux 2.6.20; termios(3), TCSETS2(2const)). Read
 * them, change some, and set the whole.
 */
export interface TerminalSettings {
  /** Flags of the input: `constants.IGNBRK` to `constants.IUTF8`. */
  iflag: number;
  /** Flags of the output: `constants.OPOST`, `constants.ONLCR` and others. */
  oflag: number;
  /** Flags of the line: `constants.CS8`, `constants.CREAD`, `constants.CLOCAL`, `constants.CRTSCTS` and others. */
  cflag: number;
  /** Flags of the terminal: `constants.ICANON`, `constants.ECHO`, `constants.ISIG` and others. */
  lflag: number;
  /** The line discipline; it is ignored here. 'TIOCSETD' sets it. */
  line?: number;
  /** The special characters, by index: `constants.VMIN`, `constants.VTIME` and others. 19 on most processors. */
  cc: number[];
  /** The speed of the input in bits a second, if `cflag` has `constants.BOTHER << constants.IBSHIFT`. */
  ispeed: number;
  /** The speed of the output in bits a second, if `cflag` has `constants.BOTHER` among `constants.CBAUD`. */
  ospeed: number;
}

/** How a serial port drives an RS-485 bus (`struct serial_rs485`, Linux 3.1). */
export interface Rs485Settings {
  /** `constants.SER_RS485_ENABLED` and others. */
  flags: number;
  /** Milliseconds. */
  delayRtsBeforeSend?: number;
  /** Milliseconds. */
  delayRtsAfterSend?: number;
  /** The address that is received; Linux 6.0. */
  addrRecv?: number;
  /** The address that is sent to; Linux 6.0. */
  addrDest?: number;
}

/** What a serial port has counted since it was made (`struct serial_icounter_struct`). */
export interface SerialCounters {
  /** Changes of Clear To Send. */
  cts: number;
  /** Changes of Data Set Ready. */
  dsr: number;
  /** Changes of the ring indicator. */
  rng: number;
  /** Changes of the carrier. */
  dcd: number;
  /** Bytes received. */
  rx: number;
  /** Bytes sent. */
  tx: number;
  /** Errors of framing. */
  frame: number;
  /** Bytes that the hardware lost. */
  overrun: number;
  /** Errors of parity. */
  parity: number;
  /** Breaks. */
  brk: number;
  /** Bytes that the kernel's buffer had no room for. */
  bufOverrun: number;
}

/** A network interface by its name. */
export interface InterfaceName {
  /** At most 15 bytes, such as 'eth0'. */
  name: string;
}

/** The flags of an interface (netdevice(7)), or of a TUN device. */
export interface InterfaceFlags {
  /** As in {@link InterfaceName}. */
  name: string;
  /** `constants.IFF_UP` and others; of a TUN device `constants.IFF_TUN` and others. 0 to 65,535. */
  flags: number;
}

/** A TUN or TAP device that is to be made, or attached to. */
export interface TunSettings {
  /** The name; '' or left out for one that the kernel chooses. A `%d` in it becomes a number. */
  name?: string;
  /** `constants.IFF_TUN` or `constants.IFF_TAP`, with `constants.IFF_NO_PI` and others. */
  flags: number;
}

/** The number of an interface. */
export interface InterfaceIndex {
  /** As in {@link InterfaceName}. */
  name: string;
  /** From 1. */
  index: number;
}

/** An IPv4 address, as a request takes it; the port is not used. */
export type InterfaceAddress = SocketAddress | InternetAddress;

/** The hardware address of an interface. */
export interface HardwareAddress {
  /** As in {@link InterfaceName}. */
  name: string;
  /** What kind it is (ARPHRD_): 1 for Ethernet, 772 for the loopback interface, 65534 for a TUN device. */
  type: number;
  /** At most 14 bytes; the kernel answers 14, of which Ethernet has 6. */
  hwaddr: Uint8Array;
}

/** How an epoll set polls network devices (`struct epoll_params`). */
export interface EpollParams {
  /** How long epoll_wait(2) polls, in microseconds; 0 for not. 0 to 2^31 - 1. */
  busyPollUsecs: number;
  /** How many packets it takes at once; above 64 needs CAP_NET_ADMIN. 0 to 65,535. */
  busyPollBudget: number;
  /** 1: polling is preferred to interrupts. 0 or 1. */
  preferBusyPoll?: number;
}

/** A GPIO chip (`struct gpiochip_info`). */
export interface GpioChipInfo {
  /** The name of the device, such as 'gpiochip0'. */
  name: string;
  /** The name of the hardware. */
  label: string;
  /** How many lines it has. */
  lines: number;
}

/** What is set beside the flags (`struct gpio_v2_line_attribute`): `id` says which of the others is there. */
export interface GpioLineAttribute {
  /** `constants.GPIO_V2_LINE_ATTR_ID_FLAGS`, `_OUTPUT_VALUES` or `_DEBOUNCE`. */
  id: number;
  /** For the id `_FLAGS`: `constants.GPIO_V2_LINE_FLAG_INPUT` and others. */
  flags?: bigint;
  /** For the id `_OUTPUT_VALUES`: a bit a line, in the order of the request. */
  values?: bigint;
  /** For the id `_DEBOUNCE`: microseconds. */
  debouncePeriodUs?: number;
}

/** An attribute of some lines of a request (`struct gpio_v2_line_config_attribute`). */
export interface GpioLineConfigAttribute {
  /** As in {@link GpioLineAttribute}. */
  id: number;
  /** As in {@link GpioLineAttribute}. */
  flags?: bigint | number;
  /** As in {@link GpioLineAttribute}. */
  values?: bigint | number;
  /** As in {@link GpioLineAttribute}. */
  debouncePeriodUs?: number;
  /** Of which lines: a bit a line, in the order of the request. */
  mask: bigint | number;
}

/** How lines are to be (`struct gpio_v2_line_config`). */
export interface GpioLineConfig {
  /** `constants.GPIO_V2_LINE_FLAG_INPUT` and others, for every line without flags of its own; 0 if left out. */
  flags?: bigint | number;
  /** At most 10. */
  attrs?: readonly GpioLineConfigAttribute[];
}

/** Which lines are requested (`struct gpio_v2_line_request`). */
export interface GpioLineRequest {
  /** The numbers of the lines in the chip; 1 to 64 of them. */
  offsets: readonly number[];
  /** Who uses them, for others to read; at most 31 bytes. */
  consumer?: string;
  /** How they are to be. */
  config?: GpioLineConfig;
  /** For how many events the kernel keeps room; 16 a line if it is 0 or left out. */
  eventBufferSize?: number;
}

/** How lines were requested to be. */
export interface GpioLinesConfig {
  /** As requested. */
  flags: bigint;
  /** As requested. */
  attrs: (GpioLineAttribute & Record<'mask', bigint>)[];
}

/** Lines that were requested. */
export interface GpioLines {
  /** As requested. */
  offsets: number[];
  /** As requested; '' if it was left out. */
  consumer: string;
  /** As requested. */
  config: GpioLinesConfig;
  /** As requested. */
  eventBufferSize: number;
  /**
   * The lines' own fd, close-on-exec and non-blocking. The lines belong to the program until `close()` of
   * `fdreactor/socket`.
   */
  fd: number;
}

/** A line of a GPIO chip (`struct gpio_v2_line_info`). */
export interface GpioLineInfo {
  /** The number of the line in the chip. */
  offset: number;
  /** The name of the line; '' if it has no name. */
  name: string;
  /** Who uses it; '' if it is free. */
  consumer: string;
  /** `constants.GPIO_V2_LINE_FLAG_USED` and others. */
  flags: bigint;
  /** What is set beside the flags. */
  attrs: GpioLineAttribute[];
}

/** The values of lines that were requested (`struct gpio_v2_line_values`). */
export interface GpioLineValues {
  /** Of which lines: a bit a line, in the order of the request. */
  mask: bigint;
  /** A bit a line, in the order of the request: 1 is active. */
  bits: bigint;
}

/** A request that only answers. */
export interface Answers<Result> {
  /** Left out. */
  argument: undefined;
  /** The kernel's answer. */
  result: Result;
}

/** A request that takes something. */
export interface Takes<Argument, Result = number> {
  /** What it takes. */
  argument: Argument;
  /** The kernel's answer; 0 where it only sets something. */
  result: Result;
}

/** What the rest of the arguments of ioctl() is, by the name of the request. */
export type IoctlArguments<Name extends keyof IoctlRequests> = IoctlRequests[Name]['argument'] extends undefined
  ? [argument?: undefined]
  : [argument: IoctlRequests[Name]['argument']];

/**
 * The requests of ioctl(), by the kernel's names. Left out is what holds an address or names a range of memory
 * (SIOCGIFCONF, SIOCETHTOOL, SIOCGIFMAP, TIOCGSERIAL, TUNATTACHFILTER, the wireless ones). So is what types into
 * a terminal for another program (TIOCSTI, TIOCLINUX), and what waits (TCSBRK, TCSETSW2, TCSETSF2, TIOCMIWAIT).
 * FIONBIO is setNonBlocking() of `fdreactor/socket`.
 */
export interface IoctlRequests {
  /** How many bytes can be read: of a socket, a pipe, a terminal, an inotify, a regular file. */
  FIONREAD: Answers<number>;
  /** The size of a block device in bytes. */
  BLKGETSIZE64: Answers<bigint>;
  /** The size of a sector of a block device in bytes. */
  BLKSSZGET: Answers<number>;

  /** The size of a terminal. */
  TIOCGWINSZ: Answers<Required<WindowSize>>;
  /** Sets the size of a terminal; its foreground processes get SIGWINCH if it is another one. */
  TIOCSWINSZ: Takes<WindowSize>;
  /** Refuses further opens of the terminal (EBUSY), but for a process with CAP_SYS_ADMIN. */
  TIOCEXCL: Answers<number>;
  /** Ends TIOCEXCL. */
  TIOCNXCL: Answers<number>;
  /** Whether TIOCEXCL is in force: 0 or 1. Linux 3.8. */
  TIOCGEXCL: Answers<number>;
  /** How many bytes of the output are not sent yet. */
  TIOCOUTQ: Answers<number>;
  /** Discards what is not read or not sent: `constants.TCIFLUSH`, `TCOFLUSH` or `TCIOFLUSH`. */
  TCFLSH: Takes<number>;
  /** Stops or starts the output or the input: `constants.TCOOFF`, `TCOON`, `TCIOFF` or `TCION`. */
  TCXONC: Takes<number>;
  /** The lines of a modem: `constants.TIOCM_CTS` and others. */
  TIOCMGET: Answers<number>;
  /** Sets the lines of a modem, such as `constants.TIOCM_DTR`, and clears the others. */
  TIOCMSET: Takes<number>;
  /** Sets these lines of a modem. */
  TIOCMBIS: Takes<number>;
  /** Clears these lines of a modem. */
  TIOCMBIC: Takes<number>;
  /** Begins a break. */
  TIOCSBRK: Answers<number>;
  /** Ends a break. */
  TIOCCBRK: Answers<number>;
  /** The line discipline (N_TTY is 0). */
  TIOCGETD: Answers<number>;
  /** Sets the line discipline. */
  TIOCSETD: Takes<number>;
  /** What a serial port has counted. */
  TIOCGICOUNT: Answers<SerialCounters>;
  /** How a serial port drives an RS-485 bus; ENOTTY where it cannot. */
  TIOCGRS485: Answers<Required<Rs485Settings>>;
  /** Sets how a serial port drives an RS-485 bus; answers what the driver made of it. */
  TIOCSRS485: Takes<Rs485Settings, Required<Rs485Settings>>;
  /** The settings of a terminal, with speeds as numbers. */
  TCGETS2: Answers<Required<TerminalSettings>>;
  /** Sets a terminal at once. A driver that cannot do some of it leaves that out: read it back. */
  TCSETS2: Takes<TerminalSettings>;
  /** The number of a pseudo-terminal, asked of its master: the other end is /dev/pts/NUMBER. */
  TIOCGPTN: Answers<number>;
  /** Locks (1) or unlocks (0) the other end of a master; it is locked at first. */
  TIOCSPTLCK: Takes<number>;
  /** Whether the other end of a master is locked: 0 or 1. Linux 3.8. */
  TIOCGPTLCK: Answers<number>;
  /**
   * Opens the other end of a master, whatever is mounted on /dev/pts. Takes flags of open(2), such as O_RDWR and
   * O_NOCTTY of `node:fs`. Answers the fd, which is close-on-exec and non-blocking. Linux 4.13.
   */
  TIOCGPTPEER: Takes<number>;
  /** Switches the packet mode of a master on (1) or off (0): ioctl_tty(2). */
  TIOCPKT: Takes<number>;
  /** Whether packet mode is on: 0 or 1. Linux 3.8. */
  TIOCGPKT: Answers<number>;
  /** Sends a signal to the foreground processes of the other end of a master; 1 to 64. */
  TIOCSIG: Takes<number>;
  /** The foreground process group of a terminal. */
  TIOCGPGRP: Answers<number>;
  /** Sets the foreground process group of a terminal. */
  TIOCSPGRP: Takes<number>;
  /** The session of a terminal. */
  TIOCGSID: Answers<number>;
  /** Makes a terminal the controlling one of this process, a session leader without one; 1 takes it from another. */
  TIOCSCTTY: Takes<number>;
  /** Gives up the controlling terminal; a session leader's foreground processes get SIGHUP. */
  TIOCNOTTY: Answers<number>;

  /** How many bytes can be read from a socket; of a datagram socket, the size of the next datagram. */
  SIOCINQ: Answers<number>;
  /** How many bytes that were sent the peer has not acknowledged, or not read (tcp(7), udp(7), unix(7)). */
  SIOCOUTQ: Answers<number>;
  /** How many bytes TCP has not sent once. Linux 2.6.39. */
  SIOCOUTQNSD: Answers<number>;
  /** 1 if the next byte to read is the one that came with MSG_OOB, else 0 (sockatmark(3)). */
  SIOCATMARK: Answers<number>;

  /** The number of an interface. This and the following ask any socket (netdevice(7)). */
  SIOCGIFINDEX: Takes<InterfaceName, InterfaceIndex>;
  /** The name of an interface. */
  SIOCGIFNAME: Takes<Pick<InterfaceIndex, 'index'>, InterfaceIndex>;
  /** Renames an interface. This and all that set something need CAP_NET_ADMIN. */
  SIOCSIFNAME: Takes<InterfaceName & Record<'newName', string>>;
  /** The flags of an interface. */
  SIOCGIFFLAGS: Takes<InterfaceName, InterfaceFlags>;
  /** Sets the flags of an interface, such as `constants.IFF_UP`, and clears the others. */
  SIOCSIFFLAGS: Takes<InterfaceFlags>;
  /** The IPv4 address of an interface. This and the other addresses ask a socket of AF_INET; others are ENOTTY. */
  SIOCGIFADDR: Takes<InterfaceName, InterfaceName & Record<'address', SocketAddress>>;
  /** Sets the IPv4 address of an interface, and its netmask to the one of the address's class. */
  SIOCSIFADDR: Takes<InterfaceName & Record<'address', InterfaceAddress>>;
  /** The IPv4 address of the peer on a point-to-point interface. */
  SIOCGIFDSTADDR: Takes<InterfaceName, InterfaceName & Record<'dstaddr', SocketAddress>>;
  /** Sets the IPv4 address of the peer on a point-to-point interface. */
  SIOCSIFDSTADDR: Takes<InterfaceName & Record<'dstaddr', InterfaceAddress>>;
  /** The netmask of an interface, as an address. */
  SIOCGIFNETMASK: Takes<InterfaceName, InterfaceName & Record<'netmask', SocketAddress>>;
  /** Sets the netmask of an interface. */
  SIOCSIFNETMASK: Takes<InterfaceName & Record<'netmask', InterfaceAddress>>;
  /** The IPv4 address for broadcasts on an interface. */
  SIOCGIFBRDADDR: Takes<InterfaceName, InterfaceName & Record<'broadaddr', SocketAddress>>;
  /** Sets the IPv4 address for broadcasts on an interface. */
  SIOCSIFBRDADDR: Takes<InterfaceName & Record<'broadaddr', InterfaceAddress>>;
  /** The hardware address of an interface. */
  SIOCGIFHWADDR: Takes<InterfaceName, HardwareAddress>;
  /** Sets the hardware address of an interface. */
  SIOCSIFHWADDR: Takes<HardwareAddress>;
  /** The longest packet of an interface in bytes. */
  SIOCGIFMTU: Takes<InterfaceName, InterfaceName & Record<'mtu', number>>;
  /** Sets the longest packet of an interface. */
  SIOCSIFMTU: Takes<InterfaceName & Record<'mtu', number>>;
  /** How many packets the queue of an interface holds. */
  SIOCGIFTXQLEN: Takes<InterfaceName, InterfaceName & Record<'txqlen', number>>;
  /** Sets how many packets the queue of an interface holds; EPERM for the root of a user namespace. */
  SIOCSIFTXQLEN: Takes<InterfaceName & Record<'txqlen', number>>;
  /** Always 0 on Linux. */
  SIOCGIFMETRIC: Takes<InterfaceName, InterfaceName & Record<'metric', number>>;

  /**
   * Makes a TUN or TAP device, or attaches to one, by an fd of /dev/net/tun; answers its name. Needs CAP_NET_ADMIN, or
   * the device's owner. The device ends when the fd is closed, but for TUNSETPERSIST.
   */
  TUNSETIFF: Takes<TunSettings, InterfaceFlags>;
  /** The device of this fd. */
  TUNGETIFF: Answers<InterfaceFlags>;
  /** The flags that TUNSETIFF knows here. */
  TUNGETFEATURES: Answers<number>;
  /** Keeps the device (1) when the fd is closed, or not (0). */
  TUNSETPERSIST: Takes<number>;
  /** Lets this user attach to the device. */
  TUNSETOWNER: Takes<number>;
  /** Lets this group attach to the device. */
  TUNSETGROUP: Takes<number>;
  /** Sets the kind of the hardware address (ARPHRD_), of a device that is down. */
  TUNSETLINK: Takes<number>;
  /** Says what the program can handle: `constants.TUN_F_CSUM` and others. */
  TUNSETOFFLOAD: Takes<number>;
  /** Sets the size of the header that IFF_VNET_HDR puts before each packet; at least 10. */
  TUNSETVNETHDRSZ: Takes<number>;
  /** The size of that header. */
  TUNGETVNETHDRSZ: Answers<number>;
  /** Sets how many bytes may wait to be received by the kernel. */
  TUNSETSNDBUF: Takes<number>;
  /** How many bytes may wait to be received by the kernel. */
  TUNGETSNDBUF: Answers<number>;
  /** Attaches (`constants.IFF_ATTACH_QUEUE`) or detaches (`IFF_DETACH_QUEUE`) this queue. Linux 3.8. */
  TUNSETQUEUE: Takes<Pick<InterfaceFlags, 'flags'>>;
  /** Chooses the number of the device, before TUNSETIFF. Linux 3.8. */
  TUNSETIFINDEX: Takes<number>;
  /** Switches the carrier on (1) or off (0). Linux 5.0. */
  TUNSETCARRIER: Takes<number>;

  /** What a GPIO chip is, by an fd of /dev/gpiochipN. Linux 4.8. */
  GPIO_GET_CHIPINFO_IOCTL: Answers<GpioChipInfo>;
  /** What a line of a chip is. This and all with V2: Linux 5.10. */
  GPIO_V2_GET_LINEINFO_IOCTL: Takes<Pick<GpioLineInfo, 'offset'>, GpioLineInfo>;
  /** The same; the chip's fd then becomes readable when the line is requested, released or reconfigured. */
  GPIO_V2_GET_LINEINFO_WATCH_IOCTL: Takes<Pick<GpioLineInfo, 'offset'>, GpioLineInfo>;
  /** Ends that for a line; takes its number. Linux 5.7. */
  GPIO_GET_LINEINFO_UNWATCH_IOCTL: Takes<number>;
  /** Requests lines of a chip; answers their own fd, close-on-exec and non-blocking. EBUSY if another has one. */
  GPIO_V2_GET_LINE_IOCTL: Takes<GpioLineRequest, GpioLines>;
  /** Changes how requested lines are, by their fd. */
  GPIO_V2_LINE_SET_CONFIG_IOCTL: Takes<GpioLineConfig>;
  /** The values of requested lines, by their fd. */
  GPIO_V2_LINE_GET_VALUES_IOCTL: Takes<Record<'mask', bigint | number>, GpioLineValues>;
  /** Sets the values of requested lines that are outputs, by their fd. */
  GPIO_V2_LINE_SET_VALUES_IOCTL: Takes<Record<'mask' | 'bits', bigint | number>>;

  /** Sets how an epoll set polls network devices, by `epoll.fd`. Linux 6.9. */
  EPIOCSPARAMS: Takes<EpollParams>;
  /** How an epoll set polls network devices. Linux 6.9. */
  EPIOCGPARAMS: Answers<Required<EpollParams>>;
}
