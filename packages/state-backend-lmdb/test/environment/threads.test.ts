import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { Worker } from 'node:worker_threads';
import { expect, it, onTestFinished, vi } from 'vitest';
import { ManagedMemoryShare } from '../../src/memory/managed-memory.js';
import { bundleProcess } from '../bundled-process.js';
import { temporaryDirectory } from '../temporary-environment.js';

async function messageOf(worker: Worker): Promise<{ readonly wrong: number; readonly share: number }> {
  return new Promise((resolve, reject) => {
    worker.once('message', resolve);
    worker.once('error', reject);
  });
}

it('several stores in several threads of one process do not meet, and share one budget', {
  timeout: 60_000,
}, async () => {
  const directory = temporaryDirectory();
  const local = join(directory, 'local');
  const program = await bundleProcess('worker-thread', directory);
  const workers = [0, 1, 2].map(
    (number) => new Worker(program, { workerData: { directory: local, number, stores: 2 } }),
  );
  const messages = await Promise.all(workers.map(messageOf));
  expect(messages.map(({ wrong }) => wrong)).toEqual([0, 0, 0]);
  // Who was last knew of all; nobody thinks that it has more than the whole.
  expect(Math.min(...messages.map(({ share }) => share))).toBeLessThanOrEqual(500_000);
  expect(readdirSync(join(local, 'threads'))).toHaveLength(6);
  for (const worker of workers) worker.postMessage('close');
  await Promise.all(workers.map((worker) => new Promise((resolve) => worker.once('exit', resolve))));
  expect(readdirSync(local)).toEqual([]);
});

it('a thread that is terminated with its stores open harms nobody', {
  timeout: 60_000,
}, async () => {
  const directory = temporaryDirectory();
  const local = join(directory, 'local');
  const program = await bundleProcess('worker-thread', directory);
  const start = (number: number): Worker =>
    new Worker(program, { workerData: { directory: local, number, stores: 2 } });
  const [stays, goes] = [start(0), start(1)];
  const worked = messageOf(stays);
  await messageOf(goes);
  await goes.terminate();
  expect(await worked).toMatchObject({ wrong: 0 });
  const next = start(2);
  expect(await messageOf(next)).toMatchObject({ wrong: 0 });
  for (const worker of [stays, next]) {
    worker.postMessage('close');
    await new Promise((resolve) => worker.once('exit', resolve));
  }
  // Where it cannot be told that a thread has ended, what it had goes with the process.
  if (process.platform === 'linux') expect(readdirSync(local)).toEqual([]);
  else expect(readdirSync(join(local, 'threads'))).toEqual(['operator_1_0_0-127_0', 'operator_1_1_0-127_0']);
});

it('a thread that is terminated with its stores open gives back its share and its names', {
  timeout: 60_000,
}, async ({ skip }) => {
  if (process.platform !== 'linux') skip('the end of a thread can be told on Linux only');
  const directory = temporaryDirectory();
  const local = join(directory, 'local');
  const program = await bundleProcess('worker-thread', directory);
  const share = new ManagedMemoryShare(1_000_000, 1);
  onTestFinished(() => share.release());
  const start = (): Worker => new Worker(program, { workerData: { directory: local, number: 0, stores: 1 } });
  const first = start();
  await messageOf(first);
  await vi.waitFor(() => expect(share.bytes).toBe(500_000), { timeout: 10_000 });
  share.look();
  expect(share.bytes).toBe(500_000);
  await first.terminate();
  share.look();
  expect(share.bytes).toBe(1_000_000);
  // The same name and the same attempt.
  const second = start();
  expect(await messageOf(second)).toMatchObject({ wrong: 0 });
  second.postMessage('close');
  await new Promise((resolve) => second.once('exit', resolve));
  expect(readdirSync(local)).toEqual([]);
});
