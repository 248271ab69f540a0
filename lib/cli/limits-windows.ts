// The limits of Windows: a process may have millions of handles, so that ports and memory stop it.
import { type Limit, memoryLimit, numbersIn, raisedBy } from './limits.js';

/**
 * @param dynamicPort what `netsh int ipv4 show dynamicport tcp` printed, in any language: the first port, and how many
 */
export function windowsLimits(dynamicPort: string | undefined, memory: number | undefined, wanted: number): Limit[] {
  const [first, count] = numbersIn(dynamicPort).filter((number) => number > 255);
  const raise = raisedBy(count, wanted, ['netsh int ipv4 set dynamicport tcp start=1025 num=64510']);
  const meaning = `ports for connections to one address${first === undefined ? '' : `, from ${first}`}`;
  return [
    { name: 'dynamicport tcp', meaning, value: count, allows: count, stops: ['client'], raise },
    memoryLimit(memory, wanted),
  ];
}
