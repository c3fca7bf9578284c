// Inside a package a file imports its own folder and strictly lower layers; folders on one layer do not see each other.

import { dirname, join, normalize } from 'node:path/posix';
import { LAYERS, type PackageLayers, ROOT_LAYER } from './layers.ts';
import { type Finding, packageSources, type RepositoryFile } from './repository-files.ts';
import { importsOf } from './syntax.ts';

/** Objects to imports against the layers, to relative imports that leave `src`, and to folders without a layer. */
export function checkLayering(
  files: readonly RepositoryFile[],
  layersByPackage: Readonly<Record<string, PackageLayers>> = LAYERS,
): Finding[] {
  const findings: Finding[] = [];
  for (const file of packageSources(files)) {
    const [, packageFolder = '', inSource = ''] = /^packages\/([^/]+)\/src\/(.*)$/.exec(file.path) ?? [];
    const layers = layersByPackage[packageFolder] ?? {};
    const ownFolder = folderOf(inSource);
    if (ownFolder !== '' && layers[ownFolder] === undefined) {
      findings.push({ path: file.path, message: `folder ${ownFolder} has no layer in tools/tidy/src/layers.ts` });
      continue;
    }
    for (const { specifier, line } of importsOf(file)) {
      if (!specifier.startsWith('.')) continue;
      const target = normalize(join(dirname(inSource), specifier));
      if (target.startsWith('..')) {
        findings.push({ path: file.path, line, message: `${specifier} leaves the package's src folder` });
        continue;
      }
      const targetFolder = folderOf(target);
      if (targetFolder === ownFolder) continue;
      const ownLayer = ownFolder === '' ? ROOT_LAYER : (layers[ownFolder] as number);
      const targetLayer = targetFolder === '' ? ROOT_LAYER : layers[targetFolder];
      if (targetLayer === undefined || targetLayer < ownLayer) continue;
      const relation = targetLayer === ownLayer ? 'is on the same layer as' : 'lies above';
      findings.push({
        path: file.path,
        line,
        message: `${targetFolder || 'src'} ${relation} ${ownFolder}: import not allowed`,
      });
    }
  }
  return findings;
}

function folderOf(pathInSource: string): string {
  const slash = pathInSource.indexOf('/');
  return slash === -1 ? '' : pathInSource.slice(0, slash);
}
