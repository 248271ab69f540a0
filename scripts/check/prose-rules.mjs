// @ts-check
// Rules on prose: the words of comments, messages and documents, and the width of their lines.

const MAX_COLUMNS = 120;
/** Pages with tables and lists that a program writes, in lines of any width. */
const withGeneratedLines = ['docs/c10k.md', 'docs/c10m.md', 'docs/portability.md'];
/** A line that is prose: a comment, or text of a document other than a row of a table. The formatters break code. */
const comment = /^\s*(\/\/|\/?\*|#(?!!))/;
/** @param {string} file @param {string} line */
const isProse = (file, line) => (file.endsWith('.md') ? !line.startsWith('|') : comment.test(line));

/** @type {{ words: RegExp, instead: string }[]} */
const riddles = [
  { words: /\b(o[u]rs|the[i]rs)\b/i, instead: 'name the thing' },
  { words: /(?<!')\b(nob[o]dy|someb[o]dy|anyb[o]dy|everyb[o]dy)\b/i, instead: 'name the subject' },
  { words: /\b(who[e]ver|whomev[e]r)\b/i, instead: 'name the subject' },
  { words: /\b(what|it|there|that|this|which) (is|are|was) n[o]ne\b/i, instead: '"is not a", "there is no"' },
  { words: /\bthat of wh[o]/i, instead: 'name the thing' },
  { words: /\bis n[o] (program|bundle|library|DLL|terminal|break|dependency)\b/i, instead: '"is not a"' },
  { words: /\bwhat (it|that|this) is f[o]r\b/i, instead: 'say what it does' },
  { words: /\bis n[o] (socket|error|Windows|BSD|handle|fd)\b/i, instead: '"is not a"' },
  { words: /\bbehind (the|its) .*\bb[a]ck\b/i, instead: 'name the code that did it' },
  { words: /\bis all there is to s[a]y\b/i, instead: 'say what the program does' },
  { words: /\bof its o[w]n accord\b/i, instead: '"by itself"' },
];

/** @param {string} file @param {string} text @returns {{ file: string, line: number, rule: string }[]} */
export function checkProse(file, text) {
  return text.split('\n').flatMap((content, index) => {
    const line = index + 1;
    const found = riddles.filter(({ words }) => words.test(content));
    const breaches = found.map(({ words, instead }) => {
      const match = words.exec(content)?.[0];
      return { file, line, rule: `plain words: "${match}": ${instead}` };
    });
    if (content.length > MAX_COLUMNS && isProse(file, content) && !withGeneratedLines.includes(file)) {
      breaches.push({ file, line, rule: `a line has at most ${MAX_COLUMNS} columns (${content.length} here)` });
    }
    return breaches;
  });
}
