// Wrong values, by name, for the tests that try the same ones in many places.

// biome-ignore lint/suspicious/noExplicitAny: wrong values are the point
type Any = any;
const bad = (name: string, value: unknown): { name: string; value: Any } => ({ name, value });

/** Nothing here is an fd; every function must refuse each with a typed error, before any system call. */
export const badFds = [
  bad('-1', -1),
  bad('-2^31', -(2 ** 31)),
  bad('NaN', Number.NaN),
  bad('Infinity', Number.POSITIVE_INFINITY),
  bad('1.5', 1.5),
  bad('2^31', 2 ** 31),
  bad('2^32', 2 ** 32),
  bad('2^53', 2 ** 53),
  bad('1e300', 1e300),
  bad('"3"', '3'),
  bad('null', null),
  bad('undefined', undefined),
  bad('{}', {}),
  bad('[]', []),
  bad('true', true),
  bad('a Symbol', Symbol('fd')),
  bad('a BigInt', 3n),
  bad('a function', () => 3),
  bad('an object with a throwing valueOf', {
    valueOf() {
      throw new Error('valueOf must not be called');
    },
  }),
  bad(
    'a Proxy',
    new Proxy(
      {},
      {
        get() {
          throw new Error('no member must be read');
        },
      },
    ),
  ),
];
