// @ts-check
// Fetches one response before and after every measurement and compares it byte by byte, because wrk counts responses
// but does not read them.
import http from 'node:http';
import { buffer } from 'node:stream/consumers';

/** @param {string} url @param {Buffer} expected */
export async function checkResponse(url, expected) {
  /** @type {http.IncomingMessage} */
  const response = await new Promise((resolve, reject) => {
    http.get(url, { agent: false, timeout: 5000 }, resolve).on('error', reject);
  });
  const body = await buffer(response);
  if (response.statusCode !== 200) throw new Error(`${url} answered ${response.statusCode}`);
  if (!body.equals(expected)) throw new Error(`${url} gave ${body.length} bytes that are not those expected`);
}
