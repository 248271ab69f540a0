// What node:net still exports for old programs.

let warned = false;

/** Does nothing but warn, once, as in node:net. */
export function setSimultaneousAccepts(): void {
  if (warned) return;
  warned = true;
  process.emitWarning(
    'net._setSimultaneousAccepts() is deprecated and will be removed.',
    'DeprecationWarning',
    'DEP0121',
  );
}
