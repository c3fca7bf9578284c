// The terminal and the arguments of the process.

/** What a program asks of the process that it runs in. */
export interface Terminal {
  /** What stands after the name of the program. */
  readonly args: readonly string[];
  /** Whether progress can be shown: errors go to a terminal, and nobody asked for plain output. */
  readonly showsProgress: boolean;
  /** Whether text may be coloured: the output goes to a terminal, and NO_COLOR is not set. */
  readonly showsColours: boolean;
  /** The width of the terminal in characters. */
  readonly columns: number;
  print(text: string): void;
  /** Writes to the error output, where progress goes. */
  note(text: string): void;
  /** Fires at the first interrupt from the keyboard; a second one ends the process as usual. */
  readonly interrupted: AbortSignal;
  setExitCode(code: number): void;
}

/** The terminal of the process. */
export function processTerminal(): Terminal {
  const { env, argv, stdout, stderr } = process;
  const controller = new AbortController();
  process.once('SIGINT', () => controller.abort());
  // An empty NO_COLOR counts as none: https://no-color.org
  const isPlain = (env['NO_COLOR'] ?? '') !== '' || env['TERM'] === 'dumb';
  return {
    args: argv.slice(2),
    showsProgress: stderr.isTTY === true && env['TERM'] !== 'dumb',
    showsColours: stdout.isTTY === true && !isPlain,
    columns: stderr.columns ?? 80,
    print: (text) => void stdout.write(text),
    note: (text) => void stderr.write(text),
    interrupted: controller.signal,
    setExitCode: (code) => {
      process.exitCode = code;
    },
  };
}
