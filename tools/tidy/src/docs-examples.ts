// The code blocks of the docs compile against the packages' sources.
//
// A block that opens with "```ts" is a module of its own. "```ts ignore" is not looked at. What an example takes for
// granted it declares: `declare const consumer: AsyncIterable<Message>;`.

import { existsSync, readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Finding, RepositoryFile } from './repository-files.ts';
import { ts } from './syntax.ts';

const repository = resolve(fileURLToPath(import.meta.url), '../../../..');
/** Where the blocks pretend to lie: from here every package of ours and its dependencies can be seen. */
const virtualFolder = join(repository, 'examples', 'flight-delays', 'docs-examples');
const document = /^(README\.md|packages\/[^/]+\/README\.md|examples\/[^/]+\/README\.md|docs\/.*\.md)$/;

/** One code block of a document. */
export interface DocsExample {
  readonly path: string;
  /** The 1-based line of its first line of code. */
  readonly line: number;
  readonly code: string;
}

/** The blocks of README.md, of the packages' and examples' READMEs and of everything under docs/. */
export function docsExamples(files: readonly RepositoryFile[]): DocsExample[] {
  const examples: DocsExample[] = [];
  for (const { path, text } of files) {
    if (!document.test(path)) continue;
    const lines = text.split('\n');
    for (let index = 0; index < lines.length; index += 1) {
      const [, fence, info = ''] = /^(`{3,})(.*)$/.exec(lines[index] ?? '') ?? [];
      if (fence === undefined) continue;
      const end = lines.findIndex((line, later) => later > index && line.trimEnd() === fence);
      const stop = end === -1 ? lines.length : end;
      const words = info.trim().split(/\s+/);
      const isTypeScript = words[0] === 'ts' || words[0] === 'typescript';
      if (isTypeScript && !words.includes('ignore')) {
        examples.push({ path, line: index + 2, code: lines.slice(index + 1, stop).join('\n') });
      }
      index = stop;
    }
  }
  return examples;
}

/** Compiles the examples in memory; a finding points at the line in the document. */
export function checkDocsExamples(examples: readonly DocsExample[]): Finding[] {
  const texts = new Map<string, DocsExample>();
  for (const [index, example] of examples.entries()) texts.set(join(virtualFolder, `example-${index}.ts`), example);

  const options = compilerOptions();
  const host = ts.createCompilerHost(options);
  const textOf = (file: string): string | undefined => {
    const example = texts.get(resolve(file));
    // Every example is a module, imports or not, so that two may use the same name.
    return example === undefined ? undefined : `${example.code}\nexport {};\n`;
  };
  const { fileExists, readFile, getSourceFile } = host;
  host.fileExists = (file) => texts.has(resolve(file)) || fileExists(file);
  host.readFile = (file) => textOf(file) ?? readFile(file);
  host.getSourceFile = (file, languageVersion, onError, shouldCreate) => {
    const text = textOf(file);
    if (text === undefined) return getSourceFile(file, languageVersion, onError, shouldCreate);
    return ts.createSourceFile(file, text, languageVersion, true);
  };

  const program = ts.createProgram([...texts.keys()], options, host);
  const findings: Finding[] = [];
  for (const [file, example] of texts) {
    const source = program.getSourceFile(file);
    if (source === undefined) continue;
    for (const diagnostic of [...program.getSyntacticDiagnostics(source), ...program.getSemanticDiagnostics(source)]) {
      const offset = source.getLineAndCharacterOfPosition(diagnostic.start ?? 0).line;
      const message = ts.flattenDiagnosticMessageText(diagnostic.messageText, ' ');
      findings.push({ path: example.path, line: example.line + offset, message: `TS${diagnostic.code} ${message}` });
    }
  }
  return findings;
}

/** Those of the packages' development, without what only a library needs. */
function compilerOptions(): ts.CompilerOptions {
  const file = join(repository, 'tools', 'config', 'tsconfig.dev.json');
  if (!existsSync(file)) throw new Error(`${file} is missing`);
  const { config } = ts.readConfigFile(file, (path) => readFileSync(path, 'utf8'));
  const { options } = ts.parseJsonConfigFileContent(
    { ...config, files: [] },
    ts.sys,
    join(repository, 'tools', 'config'),
  );
  return { ...options, isolatedDeclarations: false, declaration: false, noEmit: true, sourceMap: false };
}
