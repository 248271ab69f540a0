// @ts-check
// Netty: its own hello world, on one event loop. Debian's package has no native transport, so it is NIO.
import { JVM_OPTIONS, startJava } from '../java.mjs';

const OPTIONS = ['-Dio.netty.leakDetection.level=disabled'];

/** @type {import('../../harness/types.mjs').Driver} */
export default {
  name: 'Netty',
  requires: ['java', 'netty'],
  jit: true,
  version: ['java', '-version'],
  settings: `libnetty-java of the system, NioEventLoopGroup(1), HttpServerCodec, flush in channelReadComplete; java ${[...JVM_OPTIONS, ...OPTIONS].join(' ')}`,
  start: (bench) => startJava(bench, 'NettyHttp', OPTIONS),
};
