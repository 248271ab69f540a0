// @ts-check
// The response of the HTTP servers that make it themselves: the fields and about the size of nginx's, with a Date that
// is right, made anew at every full second.

const BODY = 'Hello, World!\n';

/** @param {string} status @param {{ body?: string, keepAlive?: boolean }} [options] */
export function makeResponse(status, { body = BODY, keepAlive = true } = {}) {
  const fields = [
    `HTTP/1.1 ${status}`,
    'Server: fdreactor',
    `Date: ${new Date().toUTCString()}`,
    'Content-Type: text/plain',
    `Content-Length: ${BODY.length}`,
    `Connection: ${keepAlive ? 'keep-alive' : 'close'}`,
  ];
  return Buffer.from(`${fields.join('\r\n')}\r\n\r\n${body}`);
}

/** The usual response. */
let hello = makeResponse('200 OK');

/** Renews the response. A server calls it once a second, at the time that it returns. @returns {number} ms from now */
export function renewHello() {
  hello = makeResponse('200 OK');
  return 1000 - (Date.now() % 1000);
}

/** @param {{ method: string, keepAlive: boolean }} request */
export function respond({ method, keepAlive }) {
  if (keepAlive && method === 'GET') return hello;
  return makeResponse('200 OK', { keepAlive, body: method === 'HEAD' ? '' : BODY });
}
