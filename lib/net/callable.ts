// Classes that can be called without `new`, as those of node:net can.

/** A class that may be called without `new`, and be extended. The prototype is that of `base`. */
export function callable<C extends abstract new (...args: never[]) => object>(base: C, name: string): C {
  function made(...args: unknown[]): object {
    return Reflect.construct(base as never, args, new.target ?? made);
  }
  Object.defineProperty(made, 'name', { value: name, configurable: true });
  made.prototype = base.prototype;
  Object.defineProperty(base.prototype, 'constructor', { value: made, writable: true, configurable: true });
  Object.setPrototypeOf(made, Object.getPrototypeOf(base));
  return made as unknown as C;
}
