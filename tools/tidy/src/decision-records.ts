// Decision records: one page each, one of four statuses, always the same sections.

import type { Finding, RepositoryFile } from './repository-files.ts';

const statuses: readonly string[] = ['proposed', 'accepted', 'rejected', 'superseded'];
const sections: readonly string[] = [
  'Context',
  'Decision',
  'Rejected alternatives',
  'Consequence',
  'How we would notice it was wrong',
];

/** Objects to records with another name, status or section order, and to numbers used twice. */
export function checkDecisionRecords(files: readonly RepositoryFile[]): Finding[] {
  const findings: Finding[] = [];
  const numbers = new Map<string, string>();
  for (const { path, text } of files) {
    const name = /^docs\/decisions\/([^/]+\.md)$/.exec(path)?.[1];
    if (name === undefined || name === 'README.md') continue;
    const number = /^(\d{4})-[a-z0-9]+(-[a-z0-9]+)*\.md$/.exec(name)?.[1];
    if (number === undefined) {
      findings.push({ path, message: 'must be named NNNN-title-in-kebab-case.md' });
      continue;
    }
    const earlier = numbers.get(number);
    if (earlier !== undefined) findings.push({ path, message: `number ${number} is taken by ${earlier}` });
    numbers.set(number, path);
    const status = /^(?:[-*] )?\**Status:?\**:? *\**([a-z]+)\b/im.exec(text)?.[1]?.toLowerCase();
    if (status === undefined || !statuses.includes(status)) {
      findings.push({ path, message: `needs a line "Status: ${statuses.join(' | ')}"; found ${status ?? 'none'}` });
    }
    const found = [...text.matchAll(/^## +(.+?) *$/gm)].map((match) => match[1]);
    if (found.join() !== sections.join())
      findings.push({ path, message: `sections must be ${sections.join(', ')}; found ${found.join(', ') || 'none'}` });
  }
  return findings;
}
