// The variables by which a master tells a process that it starts what the process inherits, and those of systemd, which
// are for the master alone. What may change: the form of the values, for both sides are of one version but in an
// upgrade, where UPGRADE is read by the next one.

/** For a worker: a WorkerPlan as JSON. */
export const WORKER = 'FDREACTOR_WORKER';
/** For the master that replaces another one: an UpgradePlan as JSON. */
export const UPGRADE = 'FDREACTOR_UPGRADE';

/** sd_listen_fds(3). */
export const LISTENING = ['LISTEN_FDS', 'LISTEN_FDNAMES', 'LISTEN_PID', 'LISTEN_PIDFDID'] as const;
/** sd_notify(3), sd_watchdog_enabled(3). */
const NOTIFYING = ['NOTIFY_SOCKET', 'WATCHDOG_USEC', 'WATCHDOG_PID'] as const;

/** What a worker gets to know: which of its fds is what. */
export interface WorkerPlan {
  control: number;
  generation: number;
  /** Which of the workers it is; null for a spare one. */
  index: number | null;
  drainMs: number;
  /** The fds of a name: one, or one for each worker. */
  listeners: Record<string, number[]>;
}

/** What a master gets to know that replaces another one. */
export interface UpgradePlan {
  control: number;
  /** The master that it replaces. */
  pid: number;
  generation: number;
  listeners: { name: string; key: string; fds: number[] }[];
}

/** The environment of a worker: the master's, and `extra`, without what is the master's alone. */
export function environmentOfWorker(extra: NodeJS.ProcessEnv, plan: WorkerPlan): NodeJS.ProcessEnv {
  const environment: NodeJS.ProcessEnv = { ...process.env, ...extra, [WORKER]: JSON.stringify(plan) };
  for (const name of [...LISTENING, ...NOTIFYING, UPGRADE]) delete environment[name];
  return environment;
}

/** The environment of the next master, which goes on to talk to systemd. */
export function environmentOfMaster(plan: UpgradePlan): NodeJS.ProcessEnv {
  const environment: NodeJS.ProcessEnv = { ...process.env, [UPGRADE]: JSON.stringify(plan) };
  for (const name of LISTENING) delete environment[name];
  return environment;
}

/** Takes a plan out of the environment, so that no child sees it; null if it is not there. */
export function takePlan<T>(name: string): T | null {
  const text = process.env[name];
  if (text === undefined) return null;
  delete process.env[name];
  return JSON.parse(text) as T;
}
