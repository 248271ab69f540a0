// staticFiles() as a plugin of Fastify 5.
import type { IncomingMessage, ServerResponse } from 'node:http';
import { checkObject } from '../base/arguments.js';
import { filesServer, type StaticFilesOptions } from './static-files.js';

/** Options of the plugin `fastifyStaticFiles`. */
export interface FastifyStaticFilesOptions extends StaticFilesOptions {
  /** The folder. */
  root: string;
  /** The path under which it is served, which Fastify itself reads; '' by default. */
  prefix?: string;
}

/** What the plugin uses of a request, a reply and an instance of Fastify. */
interface Request {
  raw: IncomingMessage;
  params: unknown;
}
interface Reply {
  raw: ServerResponse;
  send(error: unknown): unknown;
  callNotFound(): unknown;
}
interface Instance {
  /** Where the plugin is registered. */
  readonly prefix: string;
  route(route: { method: ('GET' | 'HEAD')[]; url: string; handler: (request: Request, reply: Reply) => void }): unknown;
}

/**
 * The files of a folder, in Fastify 5: `app.register(fastifyStaticFiles, { root, prefix: '/files' })`. What is not
 * there goes to `setNotFoundHandler()`, an error to `setErrorHandler()`. A file is written to `reply.raw`: the hook
 * `onResponse` is called for it, `onSend` is not.
 *
 * @throws as `staticFiles()`
 */
export async function fastifyStaticFiles(instance: Instance, options: FastifyStaticFilesOptions): Promise<void> {
  checkObject(options, 'options');
  const { root, prefix: _, ...others } = options;
  const serve = filesServer(root, others);
  const { length } = instance.prefix.replace(/\/$/, '');
  instance.route({
    method: ['GET', 'HEAD'],
    url: '/*',
    handler: (request, reply) => {
      const next = (error?: unknown): void => {
        if (error !== undefined) reply.send(error);
        else reply.callNotFound();
      };
      const whole = (request.raw.url ?? '/').split(/[?#]/, 1)[0] as string;
      serve(request.raw, reply.raw, whole.slice(length), next);
    },
  });
}
