// What the program says while it runs: lines, and below them a progress bar where a person is looking.

import { count, describe, type TimelineEvent } from './timeline.js';

/** Shows the run. */
export interface Display {
  say(line: string): void;
  event(event: TimelineEvent): void;
  progress(record: number, limit: number): void;
  /** Takes the bar away. */
  end(): void;
}

/** Says nothing: for `--json`. */
export const silentDisplay: Display = { say() {}, event() {}, progress() {}, end() {} };

/** Writes to a stream; the bar is drawn on a terminal only, in colour unless NO_COLOR is set. */
export function textDisplay(output: NodeJS.WriteStream, environment: NodeJS.ProcessEnv): Display {
  const isTerminal = output.isTTY === true && environment['TERM'] !== 'dumb';
  const colour = isTerminal && !environment['NO_COLOR'];
  const paint = (code: number, text: string): string => (colour ? `\u001b[${code}m${text}\u001b[0m` : text);
  let bar = '';
  let shownAtMs = 0;
  const clear = (): void => {
    if (bar !== '') output.write('\r\u001b[2K');
  };
  const say = (line: string): void => {
    clear();
    output.write(`${line}\n`);
    if (bar !== '') output.write(bar);
  };
  return {
    say,
    event: (event) =>
      say(
        paint(
          event.type === 'killed' ? 31 : event.type === 'started' ? 36 : event.type === 'finished' ? 32 : 0,
          describe(event),
        ),
      ),
    progress(record, limit) {
      if (!isTerminal || performance.now() - shownAtMs < 50) return;
      shownAtMs = performance.now();
      const width = Math.max(10, Math.min(50, (output.columns ?? 80) - 36));
      const done = Math.round((record / limit) * width);
      clear();
      bar = `${paint(32, '█'.repeat(done))}${'░'.repeat(width - done)} ${String(Math.floor((record / limit) * 100)).padStart(3)} %  ${count(record)} flights`;
      output.write(bar);
    },
    end() {
      clear();
      bar = '';
    },
  };
}
