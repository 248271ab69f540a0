// `npx fdreactor doctor`: what this system has.
import { release } from 'node:os';

/** @returns the exit code */
export async function doctor(connections: number, json: boolean): Promise<number> {
  const facts = { kernel: release(), connections };
  console.log(json ? JSON.stringify(facts) : `kernel ${facts.kernel}`);
  return 0;
}
