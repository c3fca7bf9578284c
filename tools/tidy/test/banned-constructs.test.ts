import { describe, expect, test } from 'vitest';
import { checkAmbientUse, checkModuleShape } from '../src/banned-constructs.ts';
import { checkFileLength } from '../src/file-length.ts';
import { messagesOf, repositoryOf } from './fixture.ts';

const path = 'packages/state/src/a.ts';
const ambientUse = (text: string, at = path): string[] => messagesOf(checkAmbientUse(repositoryOf({ [at]: text })));

describe('ambient use', () => {
  test.each([
    ['Date.now()', 'Date.now'],
    ['globalThis.Date.now()', 'Date.now'],
    ['(globalThis as any).Date.now()', 'Date.now'],
    ["Date['now']()", 'Date.now'],
    ['const { now } = Date;', 'Date.now'],
    ['new Date()', 'new Date()'],
    ['new Date', 'new Date()'],
    ['performance.now()', 'performance.now'],
    ['const random = Math.random;', 'Math.random'],
    ['setTimeout(f, 1)', 'setTimeout'],
    ['globalThis.setTimeout(f, 1)', 'globalThis.setTimeout'],
    ['const later = setInterval;', 'setInterval'],
    ['const timers = { setImmediate };', 'setImmediate'],
    ['queueMicrotask(f)', 'queueMicrotask'],
    ['process.env.HOME', 'process.env'],
    ["console.log('x')", 'console'],
    ['globalThis.console.log(1)', 'globalThis.console'],
  ])('refuses %s', (text, name) => {
    expect(ambientUse(text)).toContain(`${path}:1 ${name}: take it as a parameter (folder ambient has the real one)`);
  });

  test.each([
    ['new Date(0)'],
    ['clock.now()'],
    ['scheduler.setTimeout(f)'],
    ['interface Timers { setTimeout(f: () => void): void; console: string }'],
    ["// Date.now()\nconst text = 'Math.random()';"],
    ['process.emitWarning(message)'],
  ])('allows %s', (text) => {
    expect(ambientUse(text)).toEqual([]);
  });

  test('allows everything in the folder that adapts it', () => {
    expect(ambientUse('Date.now()', 'packages/state/src/ambient/clock.ts')).toEqual([]);
  });
});

describe('module shape', () => {
  test.each([
    ['export default 1;', 'default export'],
    ['export default class A {}', 'default export'],
    ['export default function f() {}', 'default export'],
    ['const a = 1; export { a as default };', 'default export'],
    ['export {}; await f();', 'top-level await'],
    ['export {}; for await (const a of b) {}', 'top-level await'],
    ['const a = 1;', 'neither imports nor exports anything'],
  ])('refuses %s', (text, message) => {
    expect(messagesOf(checkModuleShape(repositoryOf({ [path]: text }))).join()).toContain(message);
  });

  test('allows named exports, await inside functions and the default clause of a switch', () => {
    const text = 'export async function f(x: number) { await x; switch (x) { default: for await (const a of []) a; } }';
    expect(checkModuleShape(repositoryOf({ [path]: text }))).toEqual([]);
  });
});

test('a long file needs a reason in its header', () => {
  const long = 'export const a = 1;\n'.repeat(601);
  const check = (text: string): number => checkFileLength(repositoryOf({ [path]: text })).length;
  expect(check(long)).toBe(1);
  expect(check(`// What it owns.\n//\n// Long because: the table is one.\n${long}`)).toBe(0);
  expect(check(`${long}// Long because: said too late.\n`)).toBe(1);
  expect(check('export const a = 1;\n'.repeat(600))).toBe(0);
});
