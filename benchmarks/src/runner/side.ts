// One side of a comparison: a process of its own that makes fixtures and runs operations on them when it is told to.
//
//   SI1. Commands are lines of words, answers are lines of JSON with figures: the same for a side in Node and in Java.
//   SI2. A side does one thing at a time; nobody else works for the benchmark meanwhile.
//   SI3. Its garbage is collected before each round, then the round is run once without a clock, then with it. What a round
//        adds is taken away after it, untimed.

/** Figures by name. */
export type Figures = Readonly<Record<string, number>>;

/** A round of an operation. */
export interface Round {
  readonly calls: number;
  readonly wallMs: number;
  readonly cpuMs: number;
}

/** A process that is one side. */
export interface Side {
  readonly name: string;
  /** Makes the state that the operations of a suite run on, in place of the one before. */
  fixture(suite: string): Promise<void>;
  /** Runs an operation for `ms` milliseconds or `callsMax` calls, whichever ends first. */
  round(operation: string, ms: number, callsMax: number): Promise<Round>;
  /** Something that is measured as a whole: `snapshot`, `restore`, `memory`. */
  measure(what: string, entries: number): Promise<Figures>;
  close(): Promise<void>;
}
