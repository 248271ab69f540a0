// @ts-check
// `npm run example -- echo 8080` runs examples/dist/echo.js with 8080. Without a name that it knows, it says which there
// are: an example is a file of examples/ that tells in its first line how it is run.
import { readdirSync, readFileSync } from 'node:fs';

const folder = new URL('../../examples/', import.meta.url);
const [name, ...args] = process.argv.slice(2);

/** @param {string} file */
const usage = (file) => readFileSync(new URL(file, folder), 'utf8').split('\n', 1)[0] ?? '';

const examples = readdirSync(folder).filter((file) => file.endsWith('.ts') && usage(file).includes(': node '));
if (examples.includes(`${name}.ts`)) {
  const script = new URL(`dist/${name}.js`, folder);
  process.argv = [process.execPath, script.pathname, ...args];
  await import(script.href);
} else {
  console.error('npm run example -- NAME ARGUMENTS...');
  for (const file of examples)
    console.error(
      usage(file)
        .replace('//', ' ')
        .replace(/node (\S+)\.js/, '$1'),
    );
  process.exitCode = 2;
}
