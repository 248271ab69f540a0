// The plain closing line, for who reads no other: `N passed, N failed`. A file that came to no tests is a failure.
import type { Reporter, TestModule } from 'vitest/node';

export default class SumReporter implements Reporter {
  onTestRunEnd(modules: readonly TestModule[], unhandledErrors: readonly unknown[]): void {
    const states = modules.flatMap((file) => {
      const tests = [...file.children.allTests()].map((test) => test.result().state);
      return file.state() === 'failed' && !tests.includes('failed') ? [...tests, 'failed'] : tests;
    });
    const passed = states.filter((state) => state === 'passed').length;
    console.log(`${passed} passed, ${states.length - passed + unhandledErrors.length} failed`);
  }
}
