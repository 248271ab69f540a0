// The two sides of an upgrade in place: Successor is the new master as the old one sees it, Predecessor the old one as
// the new one does. The new one is a child with all listeners; it says `ready` when its workers serve, and the old one
// then gives way (`takeOver`). If either dies before, the other goes on alone.
import type { ChildProcess } from 'node:child_process';
import { require } from '../native/builtins.js';
import type { Reactor } from '../reactor/reactor.js';
import { Control, withControl } from './control.js';
import { environmentOfMaster, takePlan, UPGRADE, type UpgradePlan } from './environment.js';
import { FIRST_INHERITED } from './worker-process.js';

export class Successor {
  readonly #child: ChildProcess;
  readonly #control: Control;
  /** Resolves when it serves; rejects if it has ended, or was ended, before. */
  readonly ready: Promise<void>;

  /** Starts this program again: same arguments, same folder, same environment. */
  constructor(reactor: Reactor, generation: number, listeners: UpgradePlan['listeners'], readyMs: number) {
    let child: ChildProcess | undefined;
    const fd = withControl((control) => {
      child = spawnMaster(control, generation, listeners);
    });
    this.#child = child as ChildProcess;
    let isReady = (): void => {};
    this.#control = new Control(
      reactor,
      fd,
      (message) => {
        if (message.ready === true) isReady();
      },
      () => {},
    );
    this.ready = new Promise((resolve, reject) => {
      const timer = setTimeout(() => {
        this.kill();
        reject(new Error(`the new master did not serve within ${readyMs} ms`));
      }, readyMs);
      const failed = (how: string): void => {
        clearTimeout(timer);
        this.#control.close();
        reject(new Error(`the new master ${how} before it served`));
      };
      this.#child.on('error', (error) => failed(`was not started: ${error.message},`));
      this.#child.on('exit', (code, signal) =>
        failed(code === null ? `was ended by ${signal}` : `has exited with ${code}`),
      );
      isReady = () => {
        clearTimeout(timer);
        resolve();
      };
    });
    this.ready.catch(() => {}); // upgrade(), which waits for it, is told
  }

  get pid(): number {
    return this.#child.pid as number;
  }

  /** Gives way to it: this process does not wait for it any more. */
  giveWay(): void {
    this.#control.send({ takeOver: true });
    this.#control.end();
    this.#child.unref();
  }

  kill(): void {
    this.#child.kill('SIGKILL');
  }
}

function spawnMaster(control: number, generation: number, held: UpgradePlan['listeners']): ChildProcess {
  const { spawn } = require('node:child_process') as typeof import('node:child_process');
  const inherited = [control];
  const listeners = held.map(({ name, key, fds }) => {
    return { name, key, fds: fds.map((fd) => FIRST_INHERITED - 1 + inherited.push(fd)) };
  });
  const plan = { control: FIRST_INHERITED, pid: process.pid, generation, listeners };
  const [, ...program] = process.argv;
  return spawn(process.execPath, [...process.execArgv, ...program], {
    stdio: ['inherit', 'inherit', 'inherit', ...inherited],
    env: environmentOfMaster(plan),
  });
}

export class Predecessor {
  readonly pid: number;
  readonly generation: number;
  readonly listeners: UpgradePlan['listeners'];
  readonly #control: Control;
  #gaveWay: () => void = () => {};
  readonly #hasGivenWay: Promise<void>;

  private constructor(reactor: Reactor, plan: UpgradePlan) {
    this.pid = plan.pid;
    this.generation = plan.generation;
    this.listeners = plan.listeners;
    this.#hasGivenWay = new Promise((resolve) => {
      this.#gaveWay = resolve;
    });
    this.#control = new Control(
      reactor,
      plan.control,
      () => this.#gaveWay(),
      () => this.#gaveWay(), // it has died
    );
  }

  /** null if this process replaces no other master. */
  static find(reactor: Reactor): Predecessor | null {
    const plan = takePlan<UpgradePlan>(UPGRADE);
    return plan === null ? null : new Predecessor(reactor, plan);
  }

  /** Says that this master serves. Resolves when the old one has given way. */
  async takeOver(): Promise<void> {
    this.#control.send({ ready: true });
    await this.#hasGivenWay;
    this.#control.end();
  }

  /** This master does not start. */
  close(): void {
    this.#control.close();
  }
}
