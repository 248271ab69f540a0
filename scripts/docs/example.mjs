// @ts-check
// `npm run example -- echo 8080` runs examples/dist/echo.js with 8080. Without a known name it lists the examples:
// the files of examples/ with a first line that says how to run them.
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
