// A matrix: every method of an object in every state it can be in. 'ok' works; 'state' is ERR_INVALID_STATE. The
// matrices are in matrix-objects.test.ts and matrix-buffers.test.ts.
import { describe, expect, test } from 'vitest';
import { type Conditions, casesThatHold } from '../helpers/needs.js';

// biome-ignore lint/suspicious/noExplicitAny: one table for objects of many types
export type Any = any;
export type Enter = (probe: (object: Any) => void) => void;
export interface Matrix extends Conditions {
  prototype: () => object;
  /** The prototype of its base class, whose methods have rows as well. */
  base?: () => object;
  states: Record<string, Enter>;
  calls: Record<string, (object: Any) => unknown>;
  /** Methods that are ERR_INVALID_STATE, by state; the rest works. */
  refused: Record<string, string[]>;
  internal?: string[];
}

/** Makes the tests of the matrices that hold on this platform. */
export function testMatrices(matrices: Record<string, Matrix>): void {
  describe.each(casesThatHold('matrix', matrices))(
    '%s',
    (_, { prototype, base, states, calls, refused, internal = [] }) => {
      const cells = Object.keys(states).flatMap((state) =>
        Object.keys(calls).map((method) => [state, method] as const),
      );

      test.each(cells)('%s: %s', (state, method) => {
        let outcome = 'never tried';
        states[state]?.((object) => {
          try {
            calls[method]?.(object);
            outcome = 'ok';
          } catch (error) {
            const { code } = error as { code?: string };
            outcome = code === 'ERR_INVALID_STATE' ? 'state' : `${code}: ${error}`;
          }
        });
        expect(outcome).toBe(refused[state]?.includes(method) === true ? 'state' : 'ok');
      });

      test('every method has a row', () => {
        const all = {
          ...Object.getOwnPropertyDescriptors(base?.() ?? {}),
          ...Object.getOwnPropertyDescriptors(prototype()),
        };
        const descriptors = Object.entries(all);
        const methods = descriptors.filter(([, { value }]) => typeof value === 'function').map(([name]) => name);
        const rows = Object.keys(calls).filter((name) => name !== 'dispose' && name !== 'members');
        expect(methods.filter((name) => !['constructor', ...internal].includes(name)).sort()).toEqual(rows.sort());
      });
    },
  );
}
