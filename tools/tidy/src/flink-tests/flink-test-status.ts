// What became of each test of Flink, computed from the titles of our tests: nothing is ticked off by hand.

import type { Finding, RepositoryFile } from '../repository-files.ts';
import type { FlinkArea, FlinkTestClass } from './flink-area.ts';
import { findNamedTests, testTitles } from './test-titles.ts';

/** One test of Flink. */
export interface FlinkTest {
  /** `Class.test`, or words of our own titles. */
  readonly name: string;
  readonly shows: string;
  readonly status: 'tested' | 'does not apply' | 'open';
  /** The files whose titles name it. */
  readonly paths: readonly string[];
  /** Why it does not apply. */
  readonly reason?: string;
}

/** An area with the state of its tests, in the order of the list. */
export interface FlinkAreaStatus {
  readonly title: string;
  readonly state: FlinkArea['state'];
  readonly tests: readonly FlinkTest[];
}

/** The state of every test of the areas. */
export function flinkTestStatus(areas: readonly FlinkArea[], files: readonly RepositoryFile[]): FlinkAreaStatus[] {
  const titles = testTitles(files);
  const named = findNamedTests(titles, knownTests(areas));
  const pathsOf = ({ name, isOurs }: FlinkTestClass, test: string): readonly string[] => {
    if (isOurs !== true) return named.get(`${name}.${test}`) ?? [];
    const paths = titles.filter(({ text, around }) => `${around} ${text}`.includes(test)).map(({ path }) => path);
    return [...new Set(paths)].sort();
  };
  return areas.map(({ title, state, classes }) => ({
    title,
    state,
    tests: classes.flatMap((flinkClass) =>
      flinkClass.rows.flatMap(([tests, shows, reason]) =>
        namesOf(flinkClass, tests).map((test): FlinkTest => {
          const paths = pathsOf(flinkClass, test);
          const name = flinkClass.isOurs === true ? test : `${flinkClass.name}.${test}`;
          const untested = reason === undefined ? 'open' : 'does not apply';
          const status = paths.length > 0 ? 'tested' : untested;
          return { name, shows, status, paths, ...(reason === undefined ? {} : { reason }) };
        }),
      ),
    ),
  }));
}

function knownTests(areas: readonly FlinkArea[]): Map<string, Set<string>> {
  const known = new Map<string, Set<string>>();
  for (const flinkClass of areas.flatMap(({ classes }) => classes)) {
    const tests = known.get(flinkClass.name) ?? new Set();
    for (const [names] of flinkClass.rows) for (const test of namesOf(flinkClass, names)) tests.add(test);
    known.set(flinkClass.name, tests);
  }
  return known;
}

function namesOf({ isOurs }: FlinkTestClass, tests: string): string[] {
  return isOurs === true ? [tests] : tests.split(' ');
}

/** Objects to open tests of complete areas, to reasons for tests that exist, and to tests listed twice. */
export function checkFlinkTests(areas: readonly FlinkAreaStatus[]): Finding[] {
  const findings: Finding[] = [];
  const seen = new Set<string>();
  for (const { title, state, tests } of areas) {
    for (const { name, status, paths, reason } of tests) {
      const object = (message: string): void => {
        findings.push({ path: paths[0] ?? 'tools/tidy/src/flink-tests', message: `${title}: ${name} ${message}` });
      };
      if (seen.has(name)) object('is listed twice');
      seen.add(name);
      if (state === 'complete' && status === 'open') object('has neither a test nor a reason why it does not apply');
      if (status === 'tested' && reason !== undefined) object('is said not to apply, and there is a test for it');
    }
  }
  return findings;
}
