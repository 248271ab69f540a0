// @ts-check
// Structural rules that one line of a file decides: what may be included, asked or written, and where. A rule changes
// only together with ARCHITECTURE.md.
import { nativePattern, scriptPattern } from '../shared/sources.mjs';

const platformMacros =
  /\b(__linux__|__linux|linux|__gnu_linux__|__APPLE__|__MACH__|_WIN32|_WIN64|WIN32|_MSC_VER|__MINGW32__|__CYGWIN__|__unix__|__unix|__FreeBSD__|__OpenBSD__|__NetBSD__|__DragonFly__|__ANDROID__|BSD)\b/;

/** @typedef {{ file: string, line: number, rule: string }} Breach */
/**
 * @typedef {{ name: string, where: RegExp, except?: RegExp, breach: RegExp }} LineRule where, except: match the path
 */

// Rules on the text of a file.
/** @type {LineRule[]} */
export const textRules = [
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
  // Biome's noTsIgnore sees the other directive.
  { name: 'type errors are not silenced', where: scriptPattern, breach: /@ts-noch[e]ck\b/ },
];

// Rules on the text without its comments.
/** @type {LineRule[]} */
export const codeRules = [
  {
    // ... but where there may be no table: in what loads it, and in the program that builds it.
    name: 'process.platform is asked in lib/base/errors.ts, lib/native/target.ts and lib/cli/ only (the native table says what there is)',
    where: /^(lib|examples)\//,
    except: /^lib\/(base\/errors|native\/target|cli\/[\w-]+)\.ts$/,
    breach: /\bprocess\s*(\?\.|\.)\s*(platform|arch)\b|\b(platform|arch)\b[^=]*\} = process;|\bos\.(platform|type)\(/,
  },
  {
    // target.ts asks the loader for a file that cannot be there, for the name of the C library.
    name: 'the .node file is loaded in lib/native/load.ts only',
    where: /^(lib|examples|bench)\//,
    except: /^lib\/native\/(load|target)\.ts$/,
    breach: /node-gyp-build|\bprocess\.dlopen\b/,
  },
  {
    name: 'users and benchmarks import the package by its name',
    where: /^(examples|bench)\//,
    breach: /\b(from|import)\b\s*\(?\s*['"](\.\.?\/)+(lib|dist|build)\//,
  },
  {
    // Biome's noFocusedTests and noSkippedTests see `test.only` and `test.skip`, but not these.
    name: 'no test is skipped, singled out or left to do',
    where: /^test\//,
    breach: /\b(it|test|describe|suite)(\.\w+)*\.(todo|fails|skipIf|runIf)\b|\)\.(only|skip)\b/,
  },
];

/** @param {LineRule[]} rules @param {string} file @param {string} text @returns {Breach[]} */
export function checkLines(rules, file, text) {
  const active = rules.filter((rule) => rule.where.test(file) && !rule.except?.test(file));
  return text.split('\n').flatMap((line, index) => {
    const broken = active.filter((rule) => rule.breach.test(line));
    return broken.map((rule) => ({ file, line: index + 1, rule: rule.name }));
  });
}
