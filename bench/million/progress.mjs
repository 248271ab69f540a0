// @ts-check
// Shows the progress on the terminal as a bar for each part of the work. Prints a line now and then if the output is
// not a terminal.
import { Presets, SingleBar } from 'cli-progress';

/** @typedef {import('./types.mjs').Progress} Progress */

export class ProgressBar {
  #bar = new SingleBar(
    {
      format: ' {bar} {value}/{total} | {duration_formatted} | {what}',
      formatValue: (value, _options, type) =>
        type === 'value' || type === 'total' ? value.toLocaleString('en') : `${value}`,
      hideCursor: true,
      gracefulExit: false, // the bench ends itself on a signal; the cursor comes back with stop()
      noTTYOutput: true,
      notTTYSchedule: 10_000,
    },
    Presets.shades_classic,
  );
  #what = '';

  constructor() {
    process.on('exit', this.stop);
  }

  /** @param {Progress} progress */
  tell = ({ what, done, total }) => {
    if (this.#what === '') this.#bar.start(total, done, { what });
    else this.#bar.setTotal(total);
    this.#what = what;
    this.#bar.update(done, { what });
  };

  stop = () => {
    if (this.#what !== '') this.#bar.stop();
    this.#what = '';
    process.off('exit', this.stop);
  };
}
