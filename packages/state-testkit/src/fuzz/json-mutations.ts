// Damage to plain data as text: what a stored header may say that no program has written.
//
//   JM1. Names such as `__proto__` come as a file would bring them: as own members after parsing.
//   JM2. Depth and size go beyond what any reader may walk by recursion.

import type { SeededRandom } from '../fault/seeded-random.js';

/** Names that mean something to a language, a file system or nobody. */
export const HOSTILE_NAMES: readonly string[] = [
  '__proto__',
  'constructor',
  'prototype',
  'toString',
  'hasOwnProperty',
  'then',
  'toJSON',
  '',
  '..',
  '../../../../etc/passwd',
  '/etc/passwd',
  'file:///etc/passwd',
  '..\\..\\windows',
  '%2e%2e%2f%2e%2e%2fshared',
  'a\0b',
  '_metadata',
  '../shared/../../other/shared/x',
  '\ud800',
  'x'.repeat(5000),
];

const VALUES: readonly string[] = [
  'null',
  'true',
  '0',
  '-1',
  '-0',
  '1e308',
  '1.5',
  '9007199254740991',
  '9007199254740993',
  '4294967296',
  '2147483648',
  '65536',
  '""',
  '[]',
  '{}',
  '[[]]',
  '"0"',
  '{"__proto__":{"polluted":true}}',
  '{"constructor":{"prototype":{"polluted":true}}}',
  '{"type":"list","version":1}',
  '{"type":"struct","version":1,"parameters":{"__proto__":{"polluted":true}}}',
];

/** Stands for text that plain data cannot be made of in memory. */
const PLACEHOLDER = '\u0001placeholder\u0001';

/** Damages JSON in one to three places; what is no JSON is given back as it is. */
export function mutateJson(text: string, random: SeededRandom): string {
  let root: unknown;
  try {
    root = JSON.parse(text);
  } catch {
    return text;
  }
  const holder: Record<string, unknown> = { root };
  let inserted = 'null';
  for (let count = 1 + random.below(3); count > 0; count--) {
    const { parent, key } = placeIn(holder, random);
    const value = (parent as Record<string, unknown>)[key];
    switch (random.below(9)) {
      case 0:
        if (Array.isArray(parent)) parent.splice(Number(key), 1);
        else if (parent !== holder) delete (parent as Record<string, unknown>)[key];
        break;
      case 1:
        setOwn(parent, key, JSON.parse(random.pick(VALUES)));
        break;
      case 2:
        setOwn(
          parent,
          key,
          typeof value === 'number' ? value + random.pick([-1, 1, 0.5, 2 ** 31]) : random.pick(HOSTILE_NAMES),
        );
        break;
      case 3:
        if (!Array.isArray(parent) && parent !== holder) setOwn(parent, random.pick(HOSTILE_NAMES), value);
        break;
      case 4: {
        const donor = placeIn(holder, random);
        setOwn(parent, key, structuredClone((donor.parent as Record<string, unknown>)[donor.key]));
        break;
      }
      case 5:
        if (Array.isArray(parent)) {
          parent.push(...Array.from({ length: random.pick([1, 2, 300]) }, () => structuredClone(value)));
        } else setOwn(parent, key, [value]);
        break;
      case 6:
        if (typeof value === 'object' && value !== null && !Array.isArray(value)) {
          setOwn(value, random.pick(HOSTILE_NAMES), 1);
        } else setOwn(parent, key, random.pick(HOSTILE_NAMES));
        break;
      case 7:
        setOwn(
          parent,
          key,
          typeof value === 'string' ? value + random.pick(['\0', '/', '..', ' ', 'é', '0']) : JSON.stringify(value),
        );
        break;
      default:
        if (random.chance(0.1)) {
          inserted = deep(random);
          setOwn(parent, key, PLACEHOLDER);
        } else setOwn(parent, key, JSON.parse(random.pick(VALUES)));
    }
  }
  return (JSON.stringify(holder['root']) ?? 'null').replace(JSON.stringify(PLACEHOLDER), () => inserted);
}

function placeIn(holder: object, random: SeededRandom): { readonly parent: object; readonly key: string } {
  let parent: object = holder;
  let key = 'root';
  for (;;) {
    const value: unknown = (parent as Record<string, unknown>)[key];
    if (typeof value !== 'object' || value === null) return { parent, key };
    const keys = Object.keys(value);
    if (keys.length === 0 || random.chance(0.15)) return { parent, key };
    parent = value;
    key = random.pick(keys);
  }
}

function setOwn(target: object, key: string, value: unknown): void {
  Object.defineProperty(target, key, { value, writable: true, enumerable: true, configurable: true });
}

function deep(random: SeededRandom): string {
  const depth = random.pick([50, 500, 5_000, 50_000]);
  const [before, after] = random.pick([
    ['[', ']'],
    ['{"a":', '}'],
    ['{"type":"list","version":1,"nested":[', ']}'],
    ['{"type":"list","version":1,"parameters":{"element":', '}}'],
  ] as const);
  return before.repeat(depth) + (after.startsWith('}') ? '1' : '') + after.repeat(depth);
}
