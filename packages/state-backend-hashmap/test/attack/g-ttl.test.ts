import { int32, string, struct, list as listOf, StateTtlConfig, serializer, ValueStateDescriptor, ListStateDescriptor, MapStateDescriptor, ReducingStateDescriptor, AggregatingStateDescriptor, Configuration, KeyGroupRange, systemRandom, systemScheduler, silentLogger } from '@tidemark/state-core';
import { ManualClock, ManualScheduler, plainState, StateBackendHarness } from '@tidemark/state-testkit';
import { expect, it } from 'vitest';
import { HashMapStateBackend } from '../../src/index.js';
const mk = () => { const clock = new ManualClock(10_000); const scheduler = new ManualScheduler(clock); return { clock, scheduler, harness: new StateBackendHarness(new HashMapStateBackend()) }; };
const ret = (o: any = {}) => StateTtlConfig.of({ ttlMs: 100, stateVisibility: 'ReturnExpiredIfNotCleanedUp', cleanupInBackground: false, ...o });

it('ReturnExpired: reduce function that reads the same state', async () => {
  const { clock, scheduler, harness } = mk(); const b = await harness.createKeyed({ numberOfKeyGroups: 1, clock, scheduler });
  let s: any; const d = new ReducingStateDescriptor('r', { type: int32, ttl: ret(), reduce: (a: number, c: number) => { s.get(); return a + c; } } as any);
  s = plainState(b, d); b.setCurrentKey(1); s.add(1); clock.advance(200); b.setCurrentKey(1);
  try { s.add(2); } catch {}
  const t = (b as any).states.get('r').tables.peek(0);
  expect({ live: t.live, free: t.free.length, count: t.count, v: t.values.length }).toEqual({ live: t.count - t.free.length, free: t.free.length, count: t.count, v: t.values.length });
  const r = await harness.restart(b, { clock, scheduler }); plainState(r, d); r.setCurrentKey(1);
  expect(r.numKeyValueStateEntries()).toBeLessThanOrEqual(1);
  await harness.close();
});
it('ReturnExpired: setValue on an entry that the walk has just given', async () => {
  const { clock, scheduler, harness } = mk(); const b = await harness.createKeyed({ numberOfKeyGroups: 1, clock, scheduler });
  const d = new MapStateDescriptor('m', { key: string, value: int32, ttl: ret() } as any); const s: any = plainState(b, d); b.setCurrentKey(1); s.put('a', 1); clock.advance(200); b.setCurrentKey(1);
  for (const it = s.entries(), n = it.next(); ;) { expect(n.value).toEqual(['a', 1]); it.setValue(5); break; }
  expect(s.get('a')).toBe(5);
  await harness.close();
});
it('full snapshot filter and stamps of different clocks (ttlProcessingTimeMs)', async () => {
  const { clock, scheduler, harness } = mk(); let slice = 5_000;
  const d = new ValueStateDescriptor('v', { type: int32, ttl: StateTtlConfig.of({ ttlMs: 100, cleanupFullSnapshot: true }) } as any);
  const b: any = await new HashMapStateBackend().createKeyedStateBackend({ jobId: 'j', operatorIdentifier: 'o', attempt: 0, config: Configuration.from({}), clock, scheduler, random: systemRandom, logger: silentLogger, stateReader: harness.streams, signal: new AbortController().signal, keySerializer: int32 as any, numberOfKeyGroups: 1, keyGroupRange: KeyGroupRange.of(0, 0), stateHandles: [], restoredCheckpointId: undefined, declaredStates: [], managedMemoryFraction: 1, ttlProcessingTimeMs: () => slice } as any);
  const s: any = plainState(b, d); b.setCurrentKey(1); s.update(1);
  const h = await harness.snapshot(b, { nowMs: clock.nowMs() });
  const r = await harness.createKeyed({ numberOfKeyGroups: 1, restore: [h], clock: new ManualClock(5_000), scheduler }); const rs: any = plainState(r, d); r.setCurrentKey(1);
  expect(rs.value()).toBe(1); await b.close(); await harness.close();
});
it('event time switched on while raw: restarts without a touch must not renew', async () => {
  const { clock, scheduler, harness } = mk(); const plain = new ValueStateDescriptor('v', { type: int32 }); const ev = new ValueStateDescriptor('v', { type: int32, ttl: StateTtlConfig.of({ ttlMs: 100, timeCharacteristic: 'EventTime' }) } as any);
  const o = { numberOfKeyGroups: 1, clock, scheduler }; let b: any = await harness.createKeyed(o); b.setCurrentKey(1); (plainState(b, plain) as any).update(1);
  b = await harness.restart(b, { ...o, declaredStates: [ev] });
  let t = 1000; b.advanceEventTime(t);
  for (let i = 0; i < 5; i++) { t += 60; b.advanceEventTime(t); b = await harness.restart(b, { ...o, declaredStates: [ev] }); b.advanceEventTime(t); }
  const s: any = plainState(b, ev); b.setCurrentKey(1); expect(s.value()).toBe(undefined); // event time went on by 300 since the time to live began
  await harness.close();
});
it('a reduce function that throws must not renew the stamp of a value that a snapshot holds', async () => {
  const { clock, scheduler, harness } = mk(); const b = await harness.createKeyed({ numberOfKeyGroups: 1, clock, scheduler });
  const d = new ReducingStateDescriptor('r', { type: struct({ n: int32 }), ttl: StateTtlConfig.of({ ttlMs: 100, cleanupInBackground: false }), reduce: () => { throw new Error('no'); } } as any);
  const s: any = plainState(b, d); b.setCurrentKey(1); s.add({ n: 1 }); clock.advance(60); const view = b.snapshot(harness.snapshotContext()); b.setCurrentKey(1);
  expect(() => s.add({ n: 2 })).toThrow('no'); view.release(); clock.advance(60); b.setCurrentKey(1); expect(s.get()).toBe(undefined);
  await harness.close();
});
it('an unserializable live value fails one checkpoint and not the next', async () => {
  const { harness } = mk(); const b = await harness.createKeyed({ numberOfKeyGroups: 1, config: { 'state.object-reuse': true } as any });
  const d = new ValueStateDescriptor('v', { type: struct({ n: int32, l: listOf(int32) }) }), l = new ListStateDescriptor('l', { type: struct({ n: int32, l: listOf(int32) }) });
  const s: any = plainState(b, d), ls: any = plainState(b, l); for (let k = 0; k < 3000; k++) { b.setCurrentKey(k); s.update({ n: k, l: [1] }); } b.setCurrentKey(1500); s.update({ n: 'x', l: [] }); b.setCurrentKey(7); ls.addAll(Array.from({ length: 5000 }, (_, i) => ({ n: i === 4000 ? 'bad' : i, l: [] })));
  const errors: any[] = []; const on = (e: any) => errors.push(e); process.on('unhandledRejection', on);
  await expect(harness.snapshot(b)).rejects.toMatchObject({ code: 'value-not-serializable' });
  b.setCurrentKey(1500); s.update({ n: 1500, l: [] }); await expect(harness.snapshot(b)).rejects.toMatchObject({ code: 'value-not-serializable' });
  b.setCurrentKey(7); ls.clear(); const h = await harness.snapshot(b); const r = await harness.createKeyed({ numberOfKeyGroups: 1, restore: [h] }); plainState(r, d); plainState(r, l); expect(r.numKeyValueStateEntries()).toBe(3000);
  await new Promise((f) => setTimeout(f, 20)); expect(errors).toEqual([]); const t = (b as any).states.get('v').tables.peek(0); expect(t.views.length).toBe(0); expect((b as any).epochs.frozen.length).toBe(0); process.off('unhandledRejection', on);
  await harness.close();
});
it('merging whose function throws keeps the sources', async () => {
  const { harness } = mk(); const b = await harness.createKeyed({ numberOfKeyGroups: 1 });
  let fail = false; const d = new ReducingStateDescriptor('r', { type: int32, reduce: (a: number, c: number) => { if (fail) throw new Error('no'); return a + c; } });
  const s: any = b.getOrCreateKeyedState(string, d); b.setCurrentKey(1); for (const ns of ['a', 'b']) { s.setCurrentNamespace(ns); s.add(1); }
  fail = true; expect(() => s.mergeNamespaces('c', ['a', 'b'])).toThrow('no'); fail = false; s.setCurrentNamespace('a'); expect(s.get()).toBe(1);
  await harness.close();
});
