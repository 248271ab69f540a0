// A program of the contract, as it stands: it must compile and run. See ../../lifecycle/programs.test.ts.
// biome-ignore-all format: quoted
// biome-ignore-all assist/source/organizeImports: quoted
// the raw layer
import { Epoll, EpollEvents, EPOLLIN } from 'fdreactor/epoll';
const ep = new Epoll(), events = new EpollEvents(64);
ep.add(0, EPOLLIN);
const n = ep.wait(events, 1000);
for (let i = 0; i < n; i++) console.log(events.data(i), events.events(i) & EPOLLIN);
