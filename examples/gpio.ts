// Prints the edges of GPIO lines: node gpio.js CHIP LINE [LINE]...      for instance: node gpio.js /dev/gpiochip0 17 27
//
// What it shows: a button, a sensor or an interrupt line in a reactor, with the kernel's own times and without an
// add-on for GPIO. 'GPIO_V2_GET_LINE_IOCTL' requests the lines and answers an fd that becomes readable at each edge.
// What may change: anything. It needs Linux 5.10, and a right to the chip's file.
import * as fs from 'node:fs';
import { Interest, Reactor, WOULD_BLOCK } from 'fdreactor';
import { constants, GpioLineEvents, ioctl } from 'fdreactor/linux';
import * as socket from 'fdreactor/socket';
import { stopOnSignals } from './announce.js';

const DEBOUNCE_US = 2000;
const { GPIO_V2_LINE_FLAG_INPUT, GPIO_V2_LINE_FLAG_EDGE_RISING, GPIO_V2_LINE_FLAG_EDGE_FALLING } = constants;

const [chip, ...numbers] = process.argv.slice(2);
if (chip === undefined || numbers.length === 0) {
  console.error('node gpio.js CHIP LINE [LINE]...');
  process.exit(2);
}
const offsets = numbers.map(Number);

/** Both edges of each line; contacts that bounce count once. */
function requestLines(path: string): number {
  const chipFd = fs.openSync(path, fs.constants.O_RDWR);
  try {
    const { name, label, lines } = ioctl(chipFd, 'GPIO_GET_CHIPINFO_IOCTL');
    console.log(`${name}: ${label}, ${lines} lines`);
    const flags = GPIO_V2_LINE_FLAG_INPUT | GPIO_V2_LINE_FLAG_EDGE_RISING | GPIO_V2_LINE_FLAG_EDGE_FALLING;
    const debounce = {
      id: constants.GPIO_V2_LINE_ATTR_ID_DEBOUNCE,
      debouncePeriodUs: DEBOUNCE_US,
      mask: (1n << BigInt(offsets.length)) - 1n,
    };
    const config = { flags, attrs: [debounce] };
    return ioctl(chipFd, 'GPIO_V2_GET_LINE_IOCTL', { offsets, consumer: 'fdreactor', config }).fd;
  } finally {
    fs.closeSync(chipFd); // the lines have an fd of their own
  }
}

const fd = requestLines(chip);
const all = (1n << BigInt(offsets.length)) - 1n;
const { bits } = ioctl(fd, 'GPIO_V2_LINE_GET_VALUES_IOCTL', { mask: all });
for (const [i, offset] of offsets.entries()) console.log(`line ${offset}: ${(bits >> BigInt(i)) & 1n}`);

const events = new GpioLineEvents(64);
let last = 0;
const reactor = new Reactor();
reactor.register(fd, Interest.READABLE, () => {
  const count = events.read(fd);
  if (count === WOULD_BLOCK) return;
  for (let i = 0; i < count; i++) {
    const lost = events.seqno(i) - last - 1; // the kernel keeps 16 events a line
    if (lost > 0) console.log(`${lost} events lost`);
    last = events.seqno(i);
    const edge = events.id(i) === constants.GPIO_V2_LINE_EVENT_RISING_EDGE ? 'rising' : 'falling';
    console.log(`line ${events.offset(i)}: ${edge} at ${Number(events.timestampNs(i)) / 1e9} s`);
  }
});

stopOnSignals(reactor);
reactor.run();
reactor.close();
socket.close(fd); // the lines are free again
