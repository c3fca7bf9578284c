// Every published package introduces itself in the same order: hazards before features.

import type { Finding, RepositoryFile } from './repository-files.ts';

/** The level-two headings every package README has, in this order; others may follow. */
export const README_SECTIONS: readonly string[] = [
  'What can go wrong',
  'Install',
  'Example',
  'Options',
  'Guarantees',
  'Errors',
];

/** Objects to packages without a README, and to READMEs in another order. */
export function checkPackageReadmes(files: readonly RepositoryFile[]): Finding[] {
  const findings: Finding[] = [];
  for (const { path: manifestPath, text } of files) {
    const folder = /^(packages\/[^/]+)\/package\.json$/.exec(manifestPath)?.[1];
    if (folder === undefined) continue;
    const { name } = JSON.parse(text) as { name: string };
    const path = `${folder}/README.md`;
    const readme = files.find((file) => file.path === path);
    if (readme === undefined) {
      findings.push({ path, message: 'missing' });
      continue;
    }
    findings.push(...checkReadme(path, withoutCode(readme.text), name));
  }
  return findings;
}

function checkReadme(path: string, text: string, name: string): Finding[] {
  const findings: Finding[] = [];
  const lines = text.split('\n');
  if (lines[0] !== `# ${name}`) findings.push({ path, line: 1, message: `must begin with "# ${name}"` });
  const headings = lines.filter((line) => /^## /.test(line)).map((line) => line.slice(3).trim());
  const found = headings.slice(0, README_SECTIONS.length);
  if (found.join() !== README_SECTIONS.join()) {
    findings.push({
      path,
      message: `sections must begin with ${README_SECTIONS.join(', ')}; found ${headings.join(', ') || 'none'}`,
    });
  }
  const lead = (text.split(/^## /m, 1)[0] ?? '').split('\n').slice(1).join(' ').trim();
  const sentences = lead.match(/[.!?](?=\s|$)/g)?.length ?? 0;
  if (sentences !== 1) findings.push({ path, message: `one sentence must follow the title; found ${sentences}` });
  return findings;
}

/** Headings and dots inside code blocks are no headings and no sentences. */
function withoutCode(text: string): string {
  return text.replaceAll(/^```[\s\S]*?^```/gm, '').replaceAll(/`[^`\n]*`/g, 'code');
}
