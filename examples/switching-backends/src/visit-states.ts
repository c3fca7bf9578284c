// What the program keeps of every user, and what a visit changes. It does not know which backend holds it.

import {
  int32,
  ListStateDescriptor,
  MapStateDescriptor,
  type StateOf,
  string,
  ValueStateDescriptor,
} from '@tidemark/state';
import type { Visit } from './visits.js';

const LATEST = 3;

/** The states of a user. */
export const visitStates = {
  visits: new ValueStateDescriptor('visits', { type: int32, defaultValue: 0 }),
  pages: new MapStateDescriptor('pages', { key: string, value: int32 }),
  /** The last three pages, oldest first. */
  latest: new ListStateDescriptor('latest', { type: string }),
};

type VisitStates = { readonly [Name in keyof typeof visitStates]: StateOf<(typeof visitStates)[Name]> };

/** What is known of one user. */
export interface UserSummary {
  readonly visits: number;
  /** Visits by page, sorted by page. */
  readonly pages: readonly (readonly [page: string, visits: number])[];
  readonly latest: readonly string[];
}

export function count({ page }: Visit, { visits, pages, latest }: VisitStates): void {
  visits.update(visits.value() + 1);
  pages.put(page, (pages.get(page) ?? 0) + 1);
  latest.update([...latest.get(), page].slice(-LATEST));
}

export function summarize({ visits, pages, latest }: VisitStates): UserSummary {
  return { visits: visits.value(), pages: [...pages.entries()].sort(), latest: [...latest.get()] };
}

/** The same with plain maps, in one go: what every backend must agree with. */
export function plainSummaries(visits: Iterable<Visit>): Map<string, UserSummary> {
  const users = new Map<string, { visits: number; pages: Map<string, number>; latest: string[] }>();
  for (const { user, page } of visits) {
    const known = users.get(user) ?? { visits: 0, pages: new Map<string, number>(), latest: [] };
    known.visits++;
    known.pages.set(page, (known.pages.get(page) ?? 0) + 1);
    known.latest = [...known.latest, page].slice(-LATEST);
    users.set(user, known);
  }
  return new Map([...users].map(([user, known]) => [user, { ...known, pages: [...known.pages].sort() }]));
}
