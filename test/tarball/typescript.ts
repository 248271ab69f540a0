// The compilers of users, from the oldest that knows what the package's types say.
import { tools, type User } from './user.js';

export const compilers = ['typescript-5.2', 'typescript-5.9', 'typescript-7'];

/** As a careful user has it. */
const strict = ['--strict', '--exactOptionalPropertyTypes', '--skipLibCheck', 'false', '--target', 'es2022'];

/** Compiles files in the user's folder; an error is one. */
export const tsc = (user: User, compiler: string, args: readonly string[]): Promise<string> =>
  user.run([process.execPath, `${tools}/${compiler}/bin/tsc`, ...strict, '--types', 'node', ...args]);
