// docs/mutants.md: every mutant with the cases that find it, and the cases that no mutant is listed for.

import { CASES_WITHOUT_MUTANT } from './cases-without-mutant.js';
import { listedKillers } from './listed-killers.js';
import type { Mutant } from './mutant.js';

/** A case, as the page needs it. */
export interface ListedCase {
  readonly id: string;
  readonly title: string;
}

/** The page. */
export function mutantsPage(mutants: readonly Mutant[], cases: readonly ListedCase[]): string {
  const areas = groupByArea(mutants);
  const { others } = listedKillers(
    cases.map(({ id }) => id),
    mutants,
  );
  const titles = new Map(cases.map(({ id, title }) => [id, title]));
  const lines = [
    '<!-- Written by pnpm mutants-page. What it says comes from packages/state-testkit/test/mutants. -->',
    '',
    '# Mutants',
    '',
    'A suite is worth what it finds. A mutant is an implementation of ours with one plausible fault: one text of one source',
    'file stands in another way. `npm test` shows every mutant to the cases that are listed for it, each of which must fail,',
    'and shows those cases to the sources without a fault, where each must pass. `pnpm test:mutants` shows every case to every',
    'mutant and prints what else finds it; `--update` lists the killers anew.',
    '',
    `${mutants.length} mutants; ${cases.length - others.length} of ${cases.length} cases are listed for one at least.`,
    'The [others](#cases-without-a-mutant) stand at the end with the reason.',
    '',
    '| area | mutants | cases listed |',
    '|---|---|---|',
  ];
  for (const [area, ofArea] of areas) {
    const killers = new Set(ofArea.flatMap((mutant) => mutant.killers));
    lines.push(`| [${area}](#${anchorOf(area)}) | ${ofArea.length} | ${killers.size} |`);
  }
  for (const [area, ofArea] of areas) {
    lines.push('', `## ${area}`, '', '| mutant | fault | found by |', '|---|---|---|');
    for (const { id, breaks, killers } of ofArea) {
      lines.push(`| \`${id}\` | ${cell(breaks)} | ${killers.join(', ')} |`);
    }
  }
  lines.push('', '## Cases without a mutant', '', '| case | shows | why |', '|---|---|---|');
  for (const id of others) {
    lines.push(`| ${id} | ${cell(titles.get(id) ?? '')} | ${cell(CASES_WITHOUT_MUTANT[id] ?? '')} |`);
  }
  return `${lines.join('\n')}\n`;
}

function groupByArea(mutants: readonly Mutant[]): ReadonlyMap<string, readonly Mutant[]> {
  const areas = new Map<string, Mutant[]>();
  for (const mutant of mutants) {
    const ofArea = areas.get(mutant.area);
    if (ofArea === undefined) areas.set(mutant.area, [mutant]);
    else ofArea.push(mutant);
  }
  return areas;
}

function anchorOf(heading: string): string {
  return heading
    .toLowerCase()
    .replaceAll(/[^a-z0-9 -]/g, '')
    .replaceAll(' ', '-');
}

function cell(text: string): string {
  return text.replaceAll('|', '\\|');
}
