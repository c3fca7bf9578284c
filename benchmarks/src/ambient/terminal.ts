// Where a benchmark writes: the report to standard output, progress to standard error and only for somebody who looks.

/** A place for reports. */
export interface Terminal {
  /** A line of the report. */
  line(text: string): void;
  /** What is being done; replaced by the next, gone with the next line. Nothing where nobody looks. */
  progress(text: string): void;
  /** Text in a colour, where colours are wanted. */
  colour(text: string, colour: 'green' | 'yellow' | 'red' | 'grey'): string;
}

const CODES = { green: 32, yellow: 33, red: 31, grey: 90 } as const;
const CLEAR_LINE = '\r\u001b[2K';

/** Variables of the environment. */
export function environmentVariable(name: string): string | undefined {
  return process.env[name];
}

/**
 * The terminal of the process.
 *
 * @param isReport - Whether standard output takes a report for people; otherwise lines go nowhere and it is left to JSON.
 */
export function processTerminal(isReport: boolean): Terminal {
  const { stdout, stderr } = process;
  // https://no-color.org: any value but the empty one counts.
  const hasColours = stdout.isTTY === true && !environmentVariable('NO_COLOR');
  let isShowing = false;
  const clear = (): void => {
    if (isShowing) stderr.write(CLEAR_LINE);
    isShowing = false;
  };
  return {
    line: (text) => {
      clear();
      if (isReport) stdout.write(`${text}\n`);
    },
    progress: (text) => {
      if (stderr.isTTY !== true) return;
      stderr.write(`${CLEAR_LINE}${text.slice(0, (stderr.columns ?? 80) - 1)}`);
      isShowing = true;
    },
    colour: (text, colour) => (hasColours ? `\u001b[${CODES[colour]}m${text}\u001b[0m` : text),
  };
}

/** Writes the one document of `--json`. */
export function writeJson(document: unknown): void {
  process.stdout.write(`${JSON.stringify(document, undefined, 2)}\n`);
}
