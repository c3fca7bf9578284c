// How the bootstrap speaks: one line for what each step does, a bar under it on a terminal, plain lines otherwise.
//
//   B1. Everything goes to standard error, so that the output of the program that is started stays clean.
//   B2. On anything but a terminal no control character is written. NO_COLOR takes the colours away.

const barWidth = 24;

/** Reports the steps of one run on `stream`. */
export class Steps {
  #stream;
  #isTerminal;
  #hasColor;
  #startMs = 0;
  #text = '';
  #barShown = false;

  /** @param {NodeJS.WriteStream} stream */
  constructor(stream = process.stderr, environment = process.env) {
    this.#stream = stream;
    this.#isTerminal = stream.isTTY === true && environment.TERM !== 'dumb';
    this.#hasColor = this.#isTerminal && !environment.NO_COLOR;
  }

  /** Begins a step: says in one line what is being done. */
  begin(text) {
    this.#text = text;
    this.#startMs = Date.now();
    if (this.#isTerminal) this.#draw(undefined);
    else this.#stream.write(`tidemark: ${text} ...\n`);
  }

  /** Moves the bar. Does nothing where there is no terminal. */
  progress(done, total) {
    if (this.#isTerminal && total > 0) this.#draw(Math.min(1, done / total));
  }

  /** Ends the step that was begun. */
  end(outcome = 'done') {
    const seconds = ((Date.now() - this.#startMs) / 1000).toFixed(1);
    this.#clear();
    if (this.#isTerminal)
      this.#stream.write(`${this.#paint('2', 'tidemark:')} ${this.#text}: ${outcome} (${seconds} s)\n`);
    else this.#stream.write(`tidemark: ${this.#text}: ${outcome} (${seconds} s)\n`);
  }

  /** One line that is no step of its own. */
  say(text) {
    this.#clear();
    this.#stream.write(`${this.#paint('2', 'tidemark:')} ${text}\n`);
  }

  /** Ends the step with the whole output of what failed. */
  fail(output) {
    this.end('failed');
    if (output.trim() !== '') this.#stream.write(`${output.trimEnd()}\n`);
  }

  #draw(share) {
    const filled = Math.round((share ?? 0) * barWidth);
    const bar =
      share === undefined
        ? ''
        : ` ${this.#paint('36', '█'.repeat(filled))}${'░'.repeat(barWidth - filled)} ${Math.floor(share * 100)} %`;
    this.#stream.write(`\r\x1b[2K${this.#paint('2', 'tidemark:')} ${this.#text} ...${bar}`);
    this.#barShown = true;
  }

  #clear() {
    if (this.#barShown) this.#stream.write('\r\x1b[2K');
    this.#barShown = false;
  }

  #paint(code, text) {
    return this.#hasColor ? `\x1b[${code}m${text}\x1b[0m` : text;
  }
}
