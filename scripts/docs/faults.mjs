// @ts-check
// `npm run docs:faults` writes docs/faults.md, the list of bad inputs and failures that the package survives, from the
// titles of the tests. With --check, for the lint, it only compares.
import { readFileSync, writeFileSync } from 'node:fs';
import { parseSync } from 'oxc-parser';
import { root, sourceFiles } from '../shared/sources.mjs';

const page = 'docs/faults.md';
const COLUMNS = 118;

/** The chapters of the page, and the test files that each takes its lines from: a path, or the beginning of paths. */
const chapters = {
  'Wrong arguments': ['test/fuzz/', 'test/raw/buffers', 'test/raw/vectored', 'test/raw/addresses'],
  'Wrong arguments of the raw layers': [
    'test/raw/epoll/arguments',
    'test/raw/kqueue/arguments',
    'test/raw/iocp/arguments',
    'test/raw/socket-options',
  ],
  'Memory that changes during a call': ['test/raw/iocp/buffers', 'test/windows/buffers', 'test/raw/vmsplice'],
  'Failing system calls': ['test/raw/injected-faults', 'test/contract/acceptor', 'test/windows/faults'],
  'Connections, and what their peers and handlers do': ['test/contract/connections/', 'test/framing/'],
  "In Node's own servers": [
    'test/node/send-file-faults',
    'test/node/send-file-many',
    'test/node/injected-faults',
    'test/node/processes',
    'test/node/splice/',
    'test/node/splice-fallback',
    'test/node/take-fd',
    'test/node/to-duplex',
    'test/node/border-processes',
    'test/node/listen-fd',
  ],
  'Peers that reset, stall or vanish': ['test/raw/peers', 'test/raw/sigpipe', 'test/contract/pump/'],
  'Stale events and reused numbers': ['test/contract/stale', 'test/contract/identity', 'test/raw/descriptors'],
  'Handlers that throw or re-enter': ['test/contract/throwing', 'test/contract/turns'],
  'Signals, threads and the end of the process': [
    'test/lifecycle/interruptions',
    'test/lifecycle/exit',
    'test/lifecycle/workers',
    'test/lifecycle/blocked-hosts',
    'test/lifecycle/terminated',
    'test/lifecycle/torn-state',
    'test/windows/workers',
  ],
  'Objects that are dropped': ['test/lifecycle/collection', 'test/lifecycle/memory'],
  'Binaries that cannot be loaded': ['test/loader/failures', 'test/loader/permissions', 'test/lifecycle/loading'],
  'Clients of the examples': [
    'test/examples/behind-haproxy/',
    'test/examples/chat',
    'test/examples/connect-proxy',
    'test/examples/echo',
    'test/examples/file-server/',
    'test/examples/http-parser',
    'test/examples/refusals',
    'test/examples/tcp-proxy',
    'test/examples/udp-echo',
    'test/examples/websocket-echo',
  ],
};

const groups = new Set(['describe', 'describeWith']);
const tests = new Set(['test', 'testWith', 'testUnless', 'contractTest']);

/** @typedef {{ type: string, start: number, end: number, [key: string]: any }} SyntaxNode */
/** @typedef {{ title: string, cases: string[] }} Group */

/** @param {unknown} value @returns {value is SyntaxNode} */
const isNode = (value) => typeof value === 'object' && value !== null && 'type' in value;

/** @param {SyntaxNode} node @returns {string} `test` of `test.each(table)(...)` */
function calledName(node) {
  if (node.type === 'CallExpression') return calledName(node.callee);
  return node.type === 'MemberExpression' ? calledName(node.object) : (node.name ?? '');
}

/** The text of a title. What a table or a variable fills in becomes dots. @param {SyntaxNode} node @returns {string} */
function textOf(node) {
  if (node.type === 'Literal' && typeof node.value === 'string') return node.value.replace(/%[sio]|\$\w+/g, '...');
  if (node.type !== 'TemplateLiteral') return '';
  return node.quasis.map((/** @type {SyntaxNode} */ quasi) => quasi.value.cooked).join('...');
}

/** @param {SyntaxNode} call @returns {string} */
function titleOf(call) {
  const title = call.arguments.map(textOf).find((/** @type {string} */ text) => text !== '') ?? '';
  return /[a-z]{2}/i.test(title) ? title : '';
}

/** @param {string} file @returns {Group[]} its titles; the first group has those outside any describe() */
function groupsOf(file) {
  /** @type {Group[]} */
  const found = [{ title: '', cases: [] }];
  /** @param {unknown} value @param {Group} group */
  const visit = (value, group) => {
    if (Array.isArray(value)) for (const item of value) visit(item, group);
    if (!isNode(value)) return;
    let inside = group;
    const isCall = value.type === 'CallExpression' && value.callee.type !== 'MemberExpression';
    if (isCall && groups.has(calledName(value)) && titleOf(value) !== '') {
      inside = { title: titleOf(value), cases: [] };
      found.push(inside);
    } else if (isCall && tests.has(calledName(value)) && titleOf(value) !== '') {
      group.cases.push(titleOf(value));
    }
    for (const child of Object.values(value)) visit(child, inside);
  };
  visit(parseSync(file, readFileSync(`${root}/${file}`, 'utf8')).program.body, /** @type {Group} */ (found[0]));
  return found.filter(({ cases }) => cases.length > 0);
}

/** @param {string} file @returns {string} the first sentence of the comment at its head */
function headOf(file) {
  const [head = ''] = /^(\/\/.*\n)+/.exec(readFileSync(`${root}/${file}`, 'utf8')) ?? [];
  const text = head.replace(/^\/\/ ?/gm, '').replace(/\s+/g, ' ');
  return /^.*?[.:](?= [A-Z]|\s*$)/.exec(text)?.[0].replace(/:$/, '.') ?? text.trim();
}

/** @param {string} text @param {string} mark before the first line, such as `- `; the others are indented alike */
function wrapped(text, mark = '') {
  const indent = ' '.repeat(mark.length);
  const [first = '', ...words] = text.split(' ');
  const lines = [`${mark}${first}`];
  for (const word of words) {
    const line = lines.at(-1) ?? '';
    if (line.length + word.length >= COLUMNS) lines.push(`${indent}${word}`);
    else lines[lines.length - 1] = `${line} ${word}`;
  }
  return lines.join('\n');
}

/** Marks what Markdown would take for HTML or emphasis. @param {string} text */
const escaped = (text) => text.replace(/[<*_[\]]/g, '\\$&');

/** @param {string} file @returns {string[]} the lines of the page about a test file */
function section(file) {
  const lines = [`### ${file.replace(/^test\/|\.test\.ts$/g, '')}`, '', wrapped(escaped(headOf(file))), ''];
  for (const { title, cases } of groupsOf(file)) {
    if (title !== '') lines.push(wrapped(escaped(title), '- '));
    for (const text of cases) lines.push(wrapped(escaped(text), title === '' ? '- ' : '  - '));
  }
  return [...lines, ''];
}

/** @returns {string} the page */
function render() {
  const files = sourceFiles(/^test\/.*\.test\.ts$/);
  const lines = ['# Faults that the package survives', ''];
  const intro = [
    'Each line is the title of a test that gives the package a bad input or a failure, and says what then holds.',
    'A heading names the test file below `test/`. "..." stands for each row of a table in the test.',
    '`npm run docs:faults` writes this page from the tests.',
  ];
  lines.push(wrapped(intro.join(' ')), '');
  for (const [chapter, prefixes] of Object.entries(chapters)) {
    lines.push(`## ${chapter}`, '');
    for (const prefix of prefixes) {
      const named = files.filter((file) => file.startsWith(prefix));
      if (named.length === 0) throw new Error(`no test file begins with ${prefix}`);
      for (const file of named) if (groupsOf(file).length > 0) lines.push(...section(file));
    }
  }
  return `${lines.join('\n').trimEnd()}\n`;
}

const text = render();
if (!process.argv.includes('--check')) {
  writeFileSync(`${root}/${page}`, text);
} else if (readFileSync(`${root}/${page}`, 'utf8') !== text) {
  console.error(`${page} is not what the titles of the tests give: npm run docs:faults`);
  process.exitCode = 1;
}
