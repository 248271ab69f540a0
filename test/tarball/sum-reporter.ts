// The plain closing line, for who reads no other: `N passed, N failed`. A file that came to no tests is a failure.
import type { Reporter, TestModule } from 'vitest/node';

export default class SumReporter implements Reporter {
  onTestRunEnd(modules: readonly TestModule[], unhandledErrors: readonly unknown[]): void {
    const states = modules.flatMap((file) => {
      const tests = [...file.children.allTests()].map((test) => test.result().state);
      return file.state() === 'failed' && !tests.includes('failed') ? [...tests, 'failed'] : tests;
    });
    const count = (state: string): number => states.filter((one) => one === state).length;
    console.log(`${count('passed')} passed, ${count('failed') + count('pending') + unhandledErrors.length} failed`);
  }
}
