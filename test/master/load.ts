// Load: the HTTP clients of the benchmark, which end with the test.
import { onTestFinished } from 'vitest';
import { CLIENT_KINDS, type ClientKind, HttpClients } from '../../bench/load/http-clients.mjs';

export class Load extends HttpClients {
  constructor(port: number, count: number, kinds: readonly ClientKind[] = CLIENT_KINDS) {
    super(port, count, kinds);
    onTestFinished(() => this.destroy());
  }
}
