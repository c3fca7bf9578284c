// The shape of the list of Flink's tests: areas of work, the classes of Flink that specify them, their tests.

/**
 * Tests of one class that show the same: their names with a space between, what they show, and, where they cannot
 * apply here, why not.
 */
export type FlinkRow = readonly [tests: string, shows: string, doesNotApply?: string];

/** A test class of Flink, or what stands for one. */
export interface FlinkTestClass {
  readonly name: string;
  /** The rows name words of our own titles, since Flink has the behaviour and no test for it. */
  readonly isOurs?: true;
  readonly rows: readonly FlinkRow[];
}

/** What is built together. */
export interface FlinkArea {
  readonly title: string;
  /** `complete`: a row that is neither tested nor explained fails the check. `later`: it is open until the work is done. */
  readonly state: 'complete' | 'later';
  readonly classes: readonly FlinkTestClass[];
}
