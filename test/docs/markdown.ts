// The pages as their readers see them: which there are, their code blocks, their links, and the anchors that GitHub
// gives to their headings. docs/api is generated, and its code is declarations; its links are checked with the others'.
import { execFileSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import GithubSlugger from 'github-slugger';
import MarkdownIt from 'markdown-it';

export const root = fileURLToPath(new URL('../../', import.meta.url));
const parser = new MarkdownIt({ html: true });

export interface Block {
  page: string;
  /** Of the line after the fence, from 1. */
  line: number;
  language: string;
  /** What the fence says after the language, such as `fragment` or `needs=splice`. Readers do not see it. */
  marks: Map<string, string>;
  text: string;
  /** Of a program, what the block `text output` after it says that it prints. */
  output?: string;
}

export interface Link {
  page: string;
  line: number;
  target: string;
}

/** The Markdown files of the repository, as git has them. */
export function pages(): string[] {
  const git = ['-c', 'safe.directory=*', 'ls-files', '--cached', '--others', '--exclude-standard', '*.md'];
  const names = execFileSync('git', git, { cwd: root, encoding: 'utf8' }).trim().split('\n');
  return names.filter((name) => existsSync(`${root}${name}`)).sort();
}

export const isGenerated = (page: string): boolean => page.startsWith('docs/api/');
export const textOf = (page: string): string => readFileSync(`${root}${page}`, 'utf8');

export function blocksOf(page: string): Block[] {
  const blocks: Block[] = [];
  for (const token of parser.parse(textOf(page), {})) {
    if (token.type !== 'fence') continue;
    const [language = '', ...words] = token.info.trim().split(/\s+/);
    const marks = new Map(words.map((word) => word.split('=', 2) as [string, string]));
    if (marks.has('output')) (blocks.at(-1) as Block).output = token.content;
    else blocks.push({ page, line: (token.map?.[0] ?? 0) + 2, language, marks, text: token.content });
  }
  return blocks;
}

export function linksOf(page: string): Link[] {
  const links: Link[] = [];
  for (const token of parser.parse(textOf(page), {})) {
    for (const child of token.children ?? []) {
      const target = child.attrGet(child.type === 'image' ? 'src' : 'href');
      if (target !== null) links.push({ page, line: (token.map?.[0] ?? 0) + 1, target: decodeURI(String(target)) });
    }
  }
  return links;
}

/** What may stand behind `#` in a link to the page: its headings, and the rows of generated tables. */
export function anchorsOf(page: string): Set<string> {
  const slugger = new GithubSlugger();
  const tokens = parser.parse(textOf(page), {});
  const headings = tokens.filter((_, i) => tokens[i - 1]?.type === 'heading_open');
  // As the page shows it: the text of code and links without their marks.
  const shown = headings.map(({ children }) => (children ?? []).map((child) => child.content).join(''));
  const rows = [...textOf(page).matchAll(/<a id="([^"]+)"><\/a>/g)].map(([, id]) => id as string);
  return new Set([...shown.map((text) => slugger.slug(text)), ...rows]);
}
