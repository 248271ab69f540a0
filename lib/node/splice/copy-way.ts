// A tunnel through this process, where there is no splice(2) for its sockets: each is read by Node, and written to the
// other with its back-pressure.
import { silence } from '../inside/reading.js';
import { Lane, type Tunnel, type Way } from './tunnel.js';
import type { TunnelSide } from './tunnel-side.js';

export class CopyWay implements Way {
  readonly lanes: readonly [Lane, Lane];
  readonly #tunnel: Tunnel;

  constructor(tunnel: Tunnel) {
    const [a, b] = tunnel.sides;
    this.#tunnel = tunnel;
    this.lanes = [new Lane(a, b), new Lane(b, a)];
  }

  start(): void {
    for (const lane of this.lanes) this.#copy(lane);
  }

  leave(_side: TunnelSide): void {}

  stop(): void {}

  #copy(lane: Lane): void {
    const { from, to } = lane;
    silence(from.socket);
    to.socket.once('finish', () => this.#tunnel.onDone(lane));
    if (from.socket.readableEnded) {
      this.#onEnd(lane);
      return;
    }
    from.socket.on('data', (bytes: Buffer) => {
      if (!this.#tunnel.isOpen) return;
      this.#tunnel.onActivity();
      lane.bytes += bytes.length;
      if (!to.write(bytes)) from.socket.pause();
    });
    to.socket.on('drain', () => {
      this.#tunnel.onActivity();
      from.socket.resume();
    });
    from.socket.once('end', () => this.#onEnd(lane));
    from.socket.resume();
  }

  #onEnd(lane: Lane): void {
    lane.isRead = true;
    if (this.#tunnel.isOpen) lane.to.end();
  }
}
