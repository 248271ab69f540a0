// @ts-check
// The UDP echo server on node:dgram, the obvious code. `numeric` gives the socket a lookup function that knows the
// addresses to be numeric, as a careful user may.
// usage: node udp-dgram.mjs obvious|numeric          It picks a port and prints `listening on 127.0.0.1:PORT`.
import dgram from 'node:dgram';

/** @type {dgram.SocketOptions['lookup']} */
const lookup = (host, _options, done) => done(null, host, 4);

const server = dgram.createSocket(process.argv[2] === 'numeric' ? { type: 'udp4', lookup } : { type: 'udp4' });
server.on('message', (message, { address, port }) => server.send(message, port, address));
server.bind(0, '127.0.0.1', () => console.log(`listening on 127.0.0.1:${server.address().port}`));
