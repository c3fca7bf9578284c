// What the docs say of Flink's tests: a page of its own, and a section of the page of differences.

import type { FlinkAreaStatus, FlinkTest } from './flink-test-status.ts';

const begin = '<!-- written by pnpm flink-tests: begin -->';
const end = '<!-- written by pnpm flink-tests: end -->';

/** docs/flink-tests.md. */
export function flinkTestsPage(areas: readonly FlinkAreaStatus[]): string {
  return [
    '<!-- Written by pnpm flink-tests. What it says comes from the titles of the tests and from tools/tidy/src/flink-tests. -->',
    '',
    "# Flink's tests",
    '',
    "Flink's own tests are the best description of what state, checkpoints and restore have to do. This page lists those",
    'whose subject we share, what each shows, and what became of it: *tested* by the named files, whose titles carry the',
    'name of the test; *does not apply*, with the reason in [flink-differences.md](flink-differences.md#tests-of-flink-that-do-not-apply);',
    'or *open* until its area is built. In an area that is complete nothing is open.',
    '',
    ...summary(areas),
    ...areas.flatMap(areaSection),
  ].join('\n');
}

function summary(areas: readonly FlinkAreaStatus[]): string[] {
  const count = (tests: readonly FlinkTest[]): string =>
    (['tested', 'does not apply', 'open'] as const)
      .map((wanted) => tests.filter(({ status }) => status === wanted).length)
      .join(' | ');
  return [
    '| area | tested | does not apply | open | |',
    '|---|---|---|---|---|',
    ...areas.map(({ title, state, tests }) => {
      const [anchor, mark] = [
        title.toLowerCase().replaceAll(/[^a-z0-9 -]/g, ''),
        state === 'complete' ? 'complete' : '',
      ];
      return `| [${title}](#${anchor.replaceAll(' ', '-')}) | ${count(tests)} | ${mark} |`;
    }),
    `| all | ${count(areas.flatMap(({ tests }) => tests))} | |`,
    '',
  ];
}

function areaSection({ title, tests }: FlinkAreaStatus): string[] {
  return [
    `## ${title}`,
    '',
    '| test | shows | status | where |',
    '|---|---|---|---|',
    ...tests.map(
      ({ name, shows, status, paths }) =>
        `| ${cell(name)} | ${cell(shows)} | ${status} | ${paths.map(link).join('<br>')} |`,
    ),
    '',
  ];
}

function link(path: string): string {
  return `[${path.replace(/^packages\//, '')}](../${path})`;
}

function cell(text: string): string {
  return text.replaceAll('|', '\\|').replaceAll('<', '&lt;');
}

/**
 * docs/flink-differences.md with its list of tests renewed.
 *
 * @throws RangeError when the page does not say where the list belongs.
 */
export function withTestsThatDoNotApply(page: string, areas: readonly FlinkAreaStatus[]): string {
  const [from, to] = [page.indexOf(begin), page.indexOf(end)];
  if (from === -1 || to < from) throw new RangeError(`the page needs the lines ${begin} and ${end}`);
  return `${page.slice(0, from + begin.length)}\n\n${doNotApply(areas).join('\n')}\n${page.slice(to)}`;
}

function doNotApply(areas: readonly FlinkAreaStatus[]): string[] {
  return areas.flatMap(({ title, tests }) => {
    const namesByReason = new Map<string, string[]>();
    for (const { name, status, reason } of tests) {
      if (status !== 'does not apply' || reason === undefined) continue;
      namesByReason.set(reason, [...(namesByReason.get(reason) ?? []), name]);
    }
    if (namesByReason.size === 0) return [];
    const rows = [...namesByReason].map(([reason, names]) => `| ${names.map(cell).join('<br>')} | ${cell(reason)} |`);
    return [`### ${title}`, '', '| test | why not |', '|---|---|', ...rows, ''];
  });
}
