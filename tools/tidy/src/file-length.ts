// A long file is asking to be two, unless its header says why it is one.

import { type Finding, packageSources, type RepositoryFile } from './repository-files.ts';
import { headerOf } from './syntax.ts';

const linesMax = 600;

/** Objects to source files of more than 600 lines whose header has no line `Long because:`. */
export function checkFileLength(files: readonly RepositoryFile[]): Finding[] {
  const findings: Finding[] = [];
  for (const file of packageSources(files)) {
    const lines = file.text.trimEnd().split('\n').length;
    if (lines <= linesMax || /Long because: \S/.test(headerOf(file))) continue;
    findings.push({
      path: file.path,
      message: `${lines} lines; over ${linesMax} the header must say "Long because: ..."`,
    });
  }
  return findings;
}
