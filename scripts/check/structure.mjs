// @ts-check
// The structural rules: what may be included, asked or written where, and how long a file or function may grow. They
// are what keeps one platform's knowledge in one folder, so a rule is changed here only together with ARCHITECTURE.md.
// Prints `file:line rule` for every breach. (The length of C++ functions is measured by clang-tidy, see .clang-tidy.)
import { readFileSync } from 'node:fs';
import { nativePattern, root, scriptPattern, sourceFiles } from '../shared/sources.mjs';
import { parseScript } from './syntax-rules.mjs';

const maxFileLines = 500;
const platformMacros =
  /\b(__linux__|__linux|linux|__gnu_linux__|__APPLE__|__MACH__|_WIN32|_WIN64|WIN32|_MSC_VER|__MINGW32__|__CYGWIN__|__unix__|__unix|__FreeBSD__|__OpenBSD__|__NetBSD__|__DragonFly__|__ANDROID__|BSD)\b/;

/** @typedef {{ file: string, line: number, rule: string }} Breach */
/** @typedef {{ name: string, where: RegExp, except?: RegExp, breach: RegExp }} LineRule */

// Rules that one line of the text decides. `where` and `except` are matched with the path.
/** @type {LineRule[]} */
const textRules = [
  {
    name: 'Node-API and libuv headers belong in native/addon.cc and native/bind/',
    where: /^native\//,
    except: /^native\/(addon\.cc|bind\/)/,
    breach: /^\s*#\s*include\s*[<"](node_api|js_native_api|napi|node|uv|v8)(-inl)?\.h/,
  },
  {
    name: 'operating-system headers belong in native/sys/',
    where: /^native\//,
    except: /^native\/(sys|test)\//,
    breach: /^\s*#\s*include\s*<(?!(node_api|js_native_api|napi|napi-inl|uv)\.h>)[^>]+\.h>/,
  },
  {
    name: 'platform conditions belong in native/sys/ (the build files choose sources)',
    where: nativePattern,
    except: /^native\/sys\//,
    breach: new RegExp(`^\\s*#\\s*(if|ifdef|ifndef|elif)\\b.*${platformMacros.source}`),
  },
  { name: 'unfinished work is not committed', where: /./, breach: /\b(TO[D]O|FIX[M]E|X[X]X|HA[C]K)\b/ },
  { name: 'a NOLINT names its check', where: nativePattern, breach: /NO[L]INT(NEXTLINE|BEGIN|END)?(?!\(|[A-Z])/ },
  { name: 'type errors are not silenced', where: scriptPattern, breach: /@ts-(ign[o]re|noch[e]ck)\b/ },
];

// The same, on the text with its comments blanked.
/** @type {LineRule[]} */
const codeRules = [
  {
    // ... but where there may be no table: in what loads it, and in the program that builds it.
    name: 'process.platform is asked in lib/errors.ts, lib/target.ts and lib/cli/ only (the native table says what there is)',
    where: /^(lib|examples)\//,
    except: /^lib\/(errors|target|cli\/[\w-]+)\.ts$/,
    breach: /\bprocess\s*(\?\.|\.)\s*(platform|arch)\b|\b(platform|arch)\b[^=]*\} = process;|\bos\.(platform|type)\(/,
  },
  {
    // target.ts asks the loader for a file that cannot be there, for the name of the C library.
    name: 'the .node file is loaded in lib/load-native.ts only',
    where: /^(lib|examples|bench)\//,
    except: /^lib\/(load-native|target)\.ts$/,
    breach: /node-gyp-build|\bprocess\.dlopen\b/,
  },
  {
    name: 'users and benchmarks import the package by its name',
    where: /^(examples|bench)\//,
    breach: /\b(from|import)\b\s*\(?\s*['"](\.\.?\/)+(lib|dist|build)\//,
  },
  {
    name: 'no test is skipped, singled out or left to do',
    where: /^test\//,
    breach:
      /\b(it|test|describe|suite|bench)(\.\w+)*\.(skip|only|todo|fails)\b|\b(xit|xtest|xdescribe|fit|fdescribe)\s*\(/,
  },
];

/** @param {LineRule[]} rules @param {string} file @param {string} text @returns {Breach[]} */
function checkLines(rules, file, text) {
  const active = rules.filter((rule) => rule.where.test(file) && !rule.except?.test(file));
  return text.split('\n').flatMap((line, index) => {
    const broken = active.filter((rule) => rule.breach.test(line));
    return broken.map((rule) => ({ file, line: index + 1, rule: rule.name }));
  });
}

/** @param {string} file @param {string} text @returns {Breach[]} */
function checkShape(file, text) {
  const lines = text.split('\n');
  const first = lines[0]?.startsWith('#!') ? lines[1] : lines[0];
  /** @type {Breach[]} */
  const breaches = [];
  // A .cc whose first line includes its own header has its head there.
  if (!/^\s*(\/\/|\/\*|#include ")/.test(first ?? '')) {
    breaches.push({ file, line: 1, rule: 'a file says at its head what it is for' });
  }
  if (lines.length - 1 > maxFileLines) {
    breaches.push({ file, line: maxFileLines + 1, rule: `a file has at most ${maxFileLines} lines` });
  }
  return breaches;
}

/** @param {string} file @returns {Breach[]} */
function check(file) {
  const text = readFileSync(`${root}/${file}`, 'utf8');
  const breaches = checkLines(textRules, file, text);
  if (nativePattern.test(file)) breaches.push(...checkShape(file, text));
  if (scriptPattern.test(file)) {
    const script = parseScript(file, text);
    breaches.push(...checkShape(file, text), ...checkLines(codeRules, file, script.code), ...script.breaches);
  }
  return breaches;
}

const files = sourceFiles(/^(?!package-lock\.json$).*(\.(ts|mts|mjs|js|cjs|cc|c|h|sh|json|yml|gypi?)|Makefile|\/run)$/);
const breaches = files.flatMap(check);
for (const { file, line, rule } of breaches) console.error(`${file}:${line} ${rule}`);
console.log(`structure: ${files.length} files, ${breaches.length} breaches`);
process.exitCode = breaches.length > 0 ? 1 : 0;
