// A side in a process: what it answers, and how its end is told.

import { expect, it } from 'vitest';
import { ChildSide } from '../../src/runner/child-side.js';

function side(program: string): ChildSide {
  return new ChildSide({ name: 'probe', executable: process.execPath, arguments: ['-e', program] });
}

const ECHO = `require('node:readline').createInterface({ input: process.stdin }).on('line', (line) => {
  if (line === 'exit') process.exit(0);
  const [, , ms, callsMax] = line.split(' ');
  console.log(JSON.stringify({ calls: Number(callsMax ?? 1), wallMs: Number(ms ?? 1), cpuMs: 1 }));
});`;

it('answers come in the order of the commands', async () => {
  const echo = side(ECHO);
  await echo.fixture('value');
  expect(await echo.round('valueGet', 250, 7)).toEqual({ calls: 7, wallMs: 250, cpuMs: 1 });
  expect(await echo.round('valueGet', 100, 3)).toEqual({ calls: 3, wallMs: 100, cpuMs: 1 });
  await echo.close();
});

it('a side that ends early is an error with what it said', async () => {
  const failing = side("process.stderr.write('no such backend'); process.exit(3)");
  await expect(failing.fixture('value')).rejects.toThrow("probe ended at 'fixture value': no such backend");
  await failing.close();
});

it('a program that is not there is an error too', async () => {
  const absent = new ChildSide({ name: 'probe', executable: '/nowhere/java', arguments: [] });
  await expect(absent.fixture('value')).rejects.toThrow('/nowhere/java');
  await absent.close();
});
