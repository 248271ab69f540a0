// @ts-check
// The files of Node's suite of node:net that do not apply to fdreactor/net, each with the reason. All others must pass.

const HANDLES = 'replaces or asserts calls of the handle inside of node:net (TCPWRAP), which fdreactor/net has not';
const INTERNALS = 'tests a module inside of Node (--expose-internals)';
const CLUSTER = 'the primary of a cluster gives its workers handles of libuv; here each worker listens by itself';

/** @type {Readonly<Record<string, string>>} */
export const NOT_APPLICABLE = {
  'parallel/test-net-connect-options-fd.js': `${INTERNALS}: its fds are those of unconnected pipe_wrap handles`,
  'parallel/test-net-end-close.js': `${INTERNALS}: its handle reports reads by stream_wrap`,
  'parallel/test-net-listen-handle-in-cluster-1.js': 'process.send() takes handles of libuv only',
  'parallel/test-net-normalize-args.js': `${INTERNALS}: the symbol of arguments that are normalized`,
  'parallel/test-net-perf_hooks.js': "only Node's own code can add performance entries of type 'net'",
  'parallel/test-net-persistent-nodelay.js': HANDLES,
  'parallel/test-net-server-close-before-ipc-response.js': CLUSTER,
  'parallel/test-net-server-keepalive.js': HANDLES,
  'parallel/test-net-server-nodelay.js': HANDLES,
};
