// A response of node:http that a file is sent in: whether it has a body, and what its headers say of the length.
import type { ServerResponse } from 'node:http';
import { withErrorCode } from '../base/errors.js';

/** What node:http keeps of a response beside its documented members. */
type ResponseInside = ServerResponse & {
  /** False until the headers were given to the socket: then no byte of a body was written. */
  _headerSent?: boolean;
  /** The value of Content-Length that was sent. */
  _contentLength?: number | null;
  chunkedEncoding: boolean;
};

/** Whether bytes of a body would be sent: not in an answer to HEAD, and not with 1xx, 204 and 304. */
export function hasBody(response: ServerResponse): boolean {
  return response.req?.method !== 'HEAD' && hasBodyForGet(response.statusCode);
}

/** Whether a response with this status has a body where the request is not HEAD. */
export function hasBodyForGet(statusCode: number): boolean {
  return statusCode >= 200 && statusCode !== 204 && statusCode !== 304;
}

/**
 * Sets Content-Length if that can still be done, or compares it with what was set.
 *
 * @param length how many bytes are to be sent
 * @param isPart more of the body comes from elsewhere
 * @throws Error ERR_HTTP_CONTENT_LENGTH_MISMATCH
 */
export function agreeOnLength(response: ServerResponse, length: number, isPart: boolean): void {
  const said = lengthSaid(response);
  if (said !== undefined) {
    const isFirst = !response.headersSent || (response as ResponseInside)._headerSent === false;
    if (length > said || (length !== said && isFirst && !isPart)) throw mismatch(length, said);
  } else if (!response.headersSent && !isPart && !isChunked(response)) {
    response.setHeader('Content-Length', length);
  }
}

/** The length that the headers say, if they say one. */
function lengthSaid(response: ServerResponse): number | undefined {
  if (!response.headersSent) {
    const value = response.getHeader('content-length');
    return value === undefined ? undefined : Number(value);
  }
  const { chunkedEncoding, _contentLength: sent } = response as ResponseInside;
  return chunkedEncoding || typeof sent !== 'number' ? undefined : sent;
}

/** Whether the program has asked for chunks: itself, or by trailers, which only chunks can have. */
function isChunked(response: ServerResponse): boolean {
  return response.hasHeader('transfer-encoding') || response.hasHeader('trailer');
}

function mismatch(length: number, said: number): Error {
  const message = `Content-Length is ${said}, and what is to be sent has ${length} bytes`;
  return withErrorCode(new Error(message), 'ERR_HTTP_CONTENT_LENGTH_MISMATCH');
}
