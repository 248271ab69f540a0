// @ts-check
// Opens the other ends of the idle connections, in a process of its own. idle.mjs forks it, says how many more to
// make, and ends it by ending itself.
// usage: idle-clients.mjs <port>
import * as socket from 'fdreactor/socket';

const port = Number(process.argv[2]);
/** Connections from one source address: well below the number of ephemeral ports. */
const A_SOURCE = 10_000;
let made = 0;

function connect() {
  const localAddress = `127.0.0.${1 + Math.floor(made++ / A_SOURCE)}`;
  socket.connectTcp({ host: '127.0.0.1', port, localAddress });
}

process.on('message', (/** @type {number} */ more) => {
  for (let i = 0; i < more; i++) connect();
});
process.on('disconnect', () => process.exit(0));
