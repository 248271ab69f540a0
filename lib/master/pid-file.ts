// PidFile: the file with the number of a master, so that scripts find it and a second one does not start. Where /proc
// tells it, the time at which the process started stands in the second line: the number of a process that was killed
// may belong to another one by now.
import { linkSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { withErrorCode } from '../base/errors.js';

const TRIES = 10;

export class PidFile {
  readonly #path: string;
  readonly #content = contentOf(process.pid);

  private constructor(path: string) {
    this.#path = path;
  }

  /**
   * Makes the file; replaces that of a process that has ended.
   *
   * @throws Error ERR_MASTER_RUNS if the process of the file runs; the error of node:fs if it cannot be made
   */
  static create(path: string): PidFile {
    const made = new PidFile(path);
    const own = `${path}.${process.pid}`;
    writeFileSync(own, made.#content);
    try {
      for (let tries = 0; tries < TRIES; tries++) {
        if (made.#link(own)) return made;
        made.#removeStale();
      }
      throw new Error(`the pid file ${path} comes again as often as it is removed`);
    } finally {
      rmSync(own, { force: true });
    }
  }

  /** Takes it over from the master that this one replaces. */
  static takeOver(path: string): PidFile {
    const made = new PidFile(path);
    writeAtOnce(path, made.#content);
    return made;
  }

  /** Removes it, unless another master has put its own number there. */
  remove(): void {
    if (read(this.#path) === this.#content) rmSync(this.#path, { force: true });
  }

  /** Makes the file with its content, if it is not there: link(2) does both at once. */
  #link(own: string): boolean {
    try {
      linkSync(own, this.#path);
      return true;
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
      return false;
    }
  }

  /** Another master may do the same at this moment, and have put its own file there: that goes back. */
  #removeStale(): void {
    const content = read(this.#path);
    if (content === null) return;
    const pid = runningPid(content);
    if (pid !== null) throw runs(this.#path, pid);
    const aside = `${this.#path}.${process.pid}.stale`;
    try {
      renameSync(this.#path, aside);
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === 'ENOENT') return;
      throw error;
    }
    if (read(aside) !== content) this.#link(aside);
    rmSync(aside, { force: true });
  }
}

/** Writes a file so that a reader gets all of it, or what was there before. */
export function writeAtOnce(path: string, content: string): void {
  const own = `${path}.${process.pid}`;
  writeFileSync(own, content);
  renameSync(own, path);
}

function runs(path: string, pid: number): Error {
  return withErrorCode(new Error(`the pid file ${path} is of process ${pid}, which runs`), 'ERR_MASTER_RUNS');
}

function read(path: string): string | null {
  try {
    return readFileSync(path, 'utf8');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return null;
    throw error;
  }
}

/** The process that a pid file names, if it runs. What is no pid file names none. */
function runningPid(content: string): number | null {
  const [first = '', started = ''] = content.split('\n');
  const pid = /^\d{1,10}$/.test(first) ? Number(first) : 0;
  if (pid === 0 || !isThere(pid)) return null;
  const now = startOf(pid);
  return started === '' || now === '' || now === started ? pid : null;
}

function isThere(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return statOf(pid)[STATE] !== 'Z'; // it has ended, and its parent has not asked how
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM'; // of another user
  }
}

function contentOf(pid: number): string {
  const started = startOf(pid);
  return started === '' ? `${pid}\n` : `${pid}\n${started}\n`;
}

/** When a process started, in ticks since the machine did; '' where there is no /proc. */
function startOf(pid: number): string {
  return statOf(pid)[START] ?? '';
}

const STATE = 0;
const START = 19;

/** The fields of proc_pid_stat(5) behind the name, which may have spaces; none where there is no /proc. */
function statOf(pid: number): string[] {
  try {
    const text = readFileSync(`/proc/${pid}/stat`, 'utf8');
    return text.slice(text.lastIndexOf(')') + 2).split(' ');
  } catch {
    return []; // or the process has just ended, and kill(2) knows
  }
}
