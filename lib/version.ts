// The version of the package, which the add-on's table must have as well. Written by scripts/version.mjs, from package.json.

export const VERSION = '0.1.0';
