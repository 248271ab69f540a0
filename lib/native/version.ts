// The version of the package, which the add-on's table must have as well. scripts/release/version.mjs writes it, from
// package.json.

export const VERSION = '0.1.0';
