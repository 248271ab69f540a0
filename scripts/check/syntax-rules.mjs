// @ts-check
// Structural rules that need a syntax tree: the length of functions, and swallowed errors. Also removes comments for
// the rules that read lines of code.
// Biome has noExcessiveLinesPerFunction, but it counts the tests inside a describe() as lines of one function. Its
// noEmptyBlockStatements rejects every empty handler, where this rule rejects an empty catch only.
import { parseSync } from 'oxc-parser';

const maxFunctionLines = 70;
const functionTypes = new Set(['FunctionDeclaration', 'FunctionExpression', 'ArrowFunctionExpression']);
const testCalls = new Set([
  ...['describe', 'suite', 'it', 'test', 'beforeAll', 'beforeEach', 'afterAll', 'afterEach'],
  'testWith', // test/helpers/needs.ts
]);

/** @typedef {{ type: string, start: number, end: number, [key: string]: any }} SyntaxNode */

/** @param {unknown} value @returns {value is SyntaxNode} */
function isNode(value) {
  return typeof value === 'object' && value !== null && 'type' in value && typeof value.type === 'string';
}

/** @param {SyntaxNode} node @returns {SyntaxNode[]} */
function children(node) {
  return Object.values(node).flat().filter(isNode);
}

/**
 * The leftmost name of a call: `describe` of `describe.each(table)(...)`.
 * @param {SyntaxNode} node
 * @returns {string}
 */
function calledName(node) {
  if (node.type === 'CallExpression') return calledName(node.callee);
  if (node.type === 'MemberExpression') return calledName(node.object);
  return node.type === 'Identifier' ? node.name : '';
}

/** @param {string} file @param {string} text */
export function parseScript(file, text) {
  const { program, comments, errors } = parseSync(file, text);
  const lineStarts = [...text.matchAll(/^/gm)].map((match) => match.index);
  /** @param {number} offset */
  const lineAt = (offset) => {
    const next = lineStarts.findIndex((start) => start > offset);
    return next < 0 ? lineStarts.length : next;
  };
  /** @type {{ file: string, line: number, rule: string }[]} */
  const breaches = errors.map((error) => ({ file, line: 1, rule: `syntax: ${error.message}` }));
  /** @param {SyntaxNode} node */
  const lines = (node) => lineAt(node.end - 1) - lineAt(node.start) + 1;

  // Returns the lines of the test callbacks inside: a function that only groups tests is as long as what it adds
  // itself.
  /** @param {SyntaxNode} node @param {boolean} isTestCallback @returns {number} */
  const visit = (node, isTestCallback) => {
    const callsTest = node.type === 'CallExpression' && testCalls.has(calledName(node));
    let nested = 0;
    for (const child of children(node)) nested += visit(child, callsTest);
    if (node.type === 'CatchClause' && node.body.body.length === 0) {
      const explained = comments.some(({ start, end }) => start > node.body.start && end < node.body.end);
      if (!explained) breaches.push({ file, line: lineAt(node.start), rule: 'an error is swallowed without a reason' });
    }
    if (!functionTypes.has(node.type)) return nested;
    const own = lines(node) - nested;
    if (own > maxFunctionLines) {
      const rule = `a function has at most ${maxFunctionLines} lines (${own} here)`;
      breaches.push({ file, line: lineAt(node.start), rule });
    }
    return isTestCallback ? lines(node) : nested;
  };
  visit(/** @type {any} */ (program), false);
  return { code: withoutComments(text, comments), breaches };
}

/**
 * Blanks comments and keeps every line where it was.
 * @param {string} text
 * @param {{ start: number, end: number }[]} comments
 */
function withoutComments(text, comments) {
  let code = text;
  for (const { start, end } of comments) {
    code = code.slice(0, start) + code.slice(start, end).replace(/[^\n]/g, ' ') + code.slice(end);
  }
  return code;
}
