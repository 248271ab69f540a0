/**
 * Worker processes under a master: started, replaced when they die, reloaded and upgraded without losing a connection.
 * And systemd's protocols for services, which need no `Master`: sockets that it passes, messages to it, its watchdog.
 * The guide's page on processes has the programs.
 *
 * @module fdreactor/master
 */
export { WorkerError } from './master/errors.js';
export { Master, type MasterEvents } from './master/master.js';
export type { MasterListener, MasterOptions } from './master/options.js';
export type { MasterInfo, MasterPhase, WorkerInfo } from './master/state.js';
export { type ListenFd, listenFds, type NotifyFields, notify, watchdogMs } from './master/systemd.js';
export { type Worker, type WorkerPhase, worker } from './master/worker.js';
export type { WorkerState } from './master/worker-process.js';
