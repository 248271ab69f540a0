// @ts-check
// Reads an ELF file (Linux) or a PE file (Windows) as LLVM's llvm-readobj prints it. The JSON of llvm-readobj is not an
// alternative: it is for ELF only, LLVM 14 prints plain text inside it, and later versions rename its keys.

/**
 * A block `NAME { KEY: VALUE ... }`, without the numbers that follow a value in brackets.
 * @typedef {Map<string, string>} Block
 */

/** @param {string} text @param {string} name @returns {Block[]} */
function blocks(text, name) {
  const found = text.matchAll(new RegExp(`^ *${name} \\{\\n((?:[^{}]|\\[[^\\]]*\\])*?)^ *\\}`, 'gm'));
  return [...found].map(([, body = '']) => {
    const lines = [...body.matchAll(/^ *([\w/ ]+): (.*?) *(?:\([^)]*\))?$/gm)];
    return new Map(lines.map(([, key = '', value = '']) => [key, value]));
  });
}

/** The words of a list `NAME [ ... ]`. @param {string} text @param {string} name */
function list(text, name) {
  const body = new RegExp(`^ *${name} \\[.*\\n([^\\]]*)\\]`, 'm').exec(text)?.[1] ?? '';
  return body.split('\n').flatMap((line) => line.trim().split(/ +/)[0] || []);
}

/**
 * The flags of every block of that name, with a key of the block.
 * @param {string} text
 * @param {string} name
 * @param {string} key
 */
function flags(text, name, key) {
  const found = text.matchAll(new RegExp(`^ *${name} \\{\\n((?:(?! *\\}).*\\n)*?) *\\w+ \\[ .*\\n([^\\]]*)\\]`, 'gm'));
  return [...found].map(([, head = '', body = '']) => ({
    key: new RegExp(`^ *${key}: (\\S+)`, 'm').exec(head)?.[1] ?? '',
    flags: body.split('\n').flatMap((line) => line.trim().split(/ +/)[0] || []),
  }));
}

/** @param {string} text @param {string} key */
const value = (text, key) => new RegExp(`^ *${key}: (\\S+)`, 'm').exec(text)?.[1];

/** `name@VERSION`, with what the version is of. @param {string} symbol */
function symbolOf(symbol) {
  const [name = '', version = ''] = symbol.split(/@+/);
  return { name, version };
}

export const elfOptions = [
  '--file-headers',
  '--program-headers',
  '--sections',
  '--needed-libs',
  '--dyn-syms',
  '--dynamic-table',
];

/** @param {string} text of llvm-readobj with elfOptions */
export function readElf(text) {
  const symbols = blocks(text, 'Symbol').filter((symbol) => symbol.get('Name') !== '');
  const segments = flags(text, 'ProgramHeader', 'Type');
  const isUndefined = (/** @type {Block} */ symbol) => symbol.get('Section') === 'Undefined';
  return {
    format: value(text, 'Format'),
    isLibrary: value(text, 'Type') === 'SharedObject',
    libraries: list(text, 'NeededLibraries'),
    exported: symbols.filter((symbol) => !isUndefined(symbol)).map((symbol) => symbolOf(symbol.get('Name') ?? '').name),
    needed: symbols.filter(isUndefined).map((symbol) => ({
      ...symbolOf(symbol.get('Name') ?? ''),
      isWeak: symbol.get('Binding') === 'Weak',
    })),
    sections: blocks(text, 'Section').map((section) => section.get('Name') ?? ''),
    hasSearchPath: /\bR(UN)?PATH\b/.test(text),
    segments: segments.map(({ key, flags }) => ({
      type: key,
      isWritable: flags.includes('PF_W'),
      isExecutable: flags.includes('PF_X'),
    })),
  };
}

export const peOptions = ['--file-headers', '--sections', '--coff-imports', '--coff-exports'];

/** @param {string} text of llvm-readobj with peOptions */
export function readPe(text) {
  const imports = [...text.matchAll(/^Import \{\n {2}Name: (.*)\n/gm)].map(([, name = '']) => name);
  return {
    format: value(text, 'Format'),
    isLibrary: text.includes('IMAGE_FILE_DLL '),
    libraries: imports,
    exported: blocks(text, 'Export').map((each) => each.get('Name') ?? ''),
    symbols: Number(value(text, 'SymbolCount')),
    protections: ['DYNAMIC_BASE', 'HIGH_ENTROPY_VA', 'NX_COMPAT'].filter((name) =>
      text.includes(`IMAGE_DLL_CHARACTERISTICS_${name} `),
    ),
    sections: flags(text, 'Section', 'Name').map(({ key, flags }) => ({
      name: key,
      isWritable: flags.includes('IMAGE_SCN_MEM_WRITE'),
      isExecutable: flags.includes('IMAGE_SCN_MEM_EXECUTE'),
    })),
  };
}
