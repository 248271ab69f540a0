// @ts-check
// Describes the two machines that a guest can be: what each needs, and how it starts. Neither needs root, KVM or a
// disk. Their console is their standard output.
//   uml    User-Mode Linux: the kernel is a program of the host. System calls are slow, the rest runs at full speed.
//   qemu   a whole machine, its processor translated in software: everything is slower, but system calls less so.
import { execFileSync } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import { cached, cacheFolder, run } from '../../scripts/shared/cache.mjs';

/** @typedef {import('../harness/requirements.mjs').Requirement} Requirement */
/**
 * @typedef {object} Machine
 * @property {string} name
 * @property {Requirement[]} requires
 * @property {() => string | null} refuses why it does not run on this processor; null where it does
 * @property {string} memoryFolder where the host keeps the guest's memory; empty: in the process
 * @property {(image: string, memoryMiB: number) => Promise<string[]>} commandLine
 */

/** Nothing but our lines on the console, and an end where it cannot go on. */
// slab_nomerge: caches keep their own names, so that it can be told what takes memory.
// mitigations=off: the guest runs no other user's code, and in software the mitigations cost more than on a processor.
const KERNEL = ['quiet', 'loglevel=1', 'panic=-1', 'slab_nomerge', 'mitigations=off'];
const META_PACKAGE = 'linux-image-cloud-amd64';

/** Debian's kernel for virtual machines, out of its package; nothing is installed. */
export async function debianKernel() {
  const depends = execFileSync('apt-cache', ['depends', META_PACKAGE], { encoding: 'utf8' });
  const name = /Depends: (linux-image-\S+)/.exec(depends)?.[1];
  if (name === undefined) throw new Error(`apt-cache knows no ${META_PACKAGE}; run apt-get update`);
  const folder = await cached(`${cacheFolder('fdreactor-guest')}-${name}`, `the kernel of ${name}`, (unfinished) => {
    run('apt-get', ['download', '-q', name], unfinished);
    const file = readdirSync(unfinished).find((each) => each.endsWith('.deb'));
    run('dpkg-deb', ['-x', `${file}`, '.'], unfinished);
  });
  const boot = `${folder}/boot`;
  const file = readdirSync(boot).find((each) => each.startsWith('vmlinuz'));
  return `${boot}/${file}`;
}

/** User-Mode Linux gives the host back what it has saved of the registers, and has no room for those of AMX. */
function whyNoUml() {
  const hasAmx = /^flags\b.*\bamx_tile\b/m.test(readFileSync('/proc/cpuinfo', 'utf8'));
  return hasAmx ? 'User-Mode Linux 6.1 does not run on a processor with AMX' : null;
}

/** @type {Machine} */
export const uml = {
  name: 'User-Mode Linux',
  requires: ['uml', 'busybox'],
  refuses: whyNoUml,
  memoryFolder: '/dev/shm',
  commandLine: async (image, memoryMiB) => [
    'env',
    'TMPDIR=/dev/shm', // its memory is a file there, and would be written to a disk elsewhere
    'linux.uml',
    `mem=${memoryMiB}M`,
    `initrd=${image}`,
    'con0=fd:0,fd:1',
    'con=null',
    ...KERNEL,
  ],
};

/** @type {Machine} */
export const qemu = {
  name: 'qemu, its processor in software',
  requires: ['qemu', 'busybox'],
  refuses: () => null,
  memoryFolder: '',
  commandLine: async (image, memoryMiB) => [
    'qemu-system-x86_64',
    ...['-accel', 'tcg,thread=multi', '-cpu', 'max', '-smp', '1', '-m', `${memoryMiB}M`],
    ...['-nodefaults', '-no-reboot', '-display', 'none', '-monitor', 'none', '-serial', 'stdio'],
    ...['-kernel', await debianKernel(), '-initrd', image],
    ...['-append', ['console=ttyS0', ...KERNEL].join(' ')],
  ],
};
