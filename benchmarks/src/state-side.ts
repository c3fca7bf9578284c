// One side of the state benchmark in a process of its own: node state-side.mjs <side> <keys> <seed> <configuration as JSON>.

import { type SideContent, serveSide } from './runner/side-loop.js';
import { MapSide } from './sides/map-side.js';
import { TidemarkSide } from './sides/tidemark-side.js';

async function createContent([
  name = '',
  keys = '',
  seed = '',
  config = '{}',
]: readonly string[]): Promise<SideContent> {
  if (name === 'map') return new MapSide(Number(keys), Number(seed));
  if (name === 'lmdb-js') {
    const { LmdbJsSide } = await import('./sides/lmdb-js-side.js');
    return new LmdbJsSide(Number(keys), Number(seed));
  }
  return TidemarkSide.create({ backend: name, keys: Number(keys), seed: Number(seed), config: JSON.parse(config) });
}

await serveSide(await createContent(process.argv.slice(2)));
