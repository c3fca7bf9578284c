// A behaviour that an implementation must show, as data.
//
//   CC1. An id is for ever: documentation and skips refer to it.
//   CC2. A case is skipped only because of what the implementation itself declares that it cannot do.
//   CC3. A case gets a fresh context and leaves nothing behind.

/**
 * One behaviour.
 *
 * @typeParam C - What the case is given. @typeParam R - The names of what it may require.
 */
export interface ConformanceCase<C, R extends string = string> {
  /** Capital letters and digits in groups: `KSB-SNAPSHOT-01`. */
  readonly id: string;
  /** What is shown, as a sentence; begins with the name of Flink's test where the case is one: `testListState: ...`. */
  readonly title: string;
  /** Abilities without which the behaviour does not apply. */
  readonly requires?: readonly R[];
  /** Shows the behaviour, or throws. */
  run(context: C): void | Promise<void>;
}

/** A case that is ready to run. */
export interface ReadyCase {
  readonly id: string;
  readonly title: string;
  /** Why the case does not apply; absent when it does. */
  readonly skipped?: string;
  /** What the case requires and the implementation does not declare; absent when the case applies. */
  readonly missing?: readonly string[];
  run(): Promise<void>;
}

/** Cases under one name, ready to be handed to a test runner. */
export interface ConformanceSuite {
  readonly name: string;
  readonly cases: readonly ReadyCase[];
}

/** How cases are made ready. */
export interface ConformanceSuiteParameters<C, R extends string> {
  readonly name: string;
  readonly cases: readonly ConformanceCase<C, R>[];
  /** Whether the implementation has an ability. */
  has(requirement: R): boolean;
  /** Makes the context of one case. */
  createContext(): C | Promise<C>;
  /** Lets go of a context, whatever became of its case. */
  closeContext(context: C): void | Promise<void>;
}

/** @throws RangeError when two cases have the same id (CC1). */
export function conformanceSuite<C, R extends string>(parameters: ConformanceSuiteParameters<C, R>): ConformanceSuite {
  const ids = new Set<string>();
  for (const { id } of parameters.cases) {
    if (ids.has(id)) throw new RangeError(`two cases have the id ${id}`);
    ids.add(id);
  }
  return { name: parameters.name, cases: parameters.cases.map((oneCase) => readyCase(oneCase, parameters)) };
}

function readyCase<C, R extends string>(
  { id, title, requires, run }: ConformanceCase<C, R>,
  { has, createContext, closeContext }: ConformanceSuiteParameters<C, R>,
): ReadyCase {
  const missing = requires?.filter((requirement) => !has(requirement)) ?? [];
  return {
    id,
    title,
    ...(missing.length === 0 ? {} : { skipped: `declares no ${missing.join(', ')}`, missing }),
    async run() {
      const context = await createContext();
      try {
        await run(context);
      } finally {
        await closeContext(context);
      }
    },
  };
}
