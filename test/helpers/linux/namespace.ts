// A network of a test's own: interfaces that it makes and changes are in a network namespace, which ends with its
// program (unshare(1)).
import { spawnSync } from 'node:child_process';
import { isLinux } from '../platform.js';

/** What begins a program in a namespace where it may do everything with interfaces. */
export const inNamespace: readonly string[] = ['unshare', '--map-root-user', '--net', '--'];

/** Why there can be no such namespace with a TUN device here; undefined if there can. */
export function whyNoTun(): string | undefined {
  if (!isLinux) return 'TUN devices by /dev/net/tun are a facility of Linux';
  const [file = '', ...args] = [...inNamespace, 'sh', '-c', 'exec 3<>/dev/net/tun'];
  const { status, error, stderr } = spawnSync(file, args, { encoding: 'utf8' });
  if (status === 0) return undefined;
  return `no network namespace, or no /dev/net/tun: ${error?.message ?? stderr.trim()}`;
}
