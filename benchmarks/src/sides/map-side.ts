// A plain `Map` as a side: what a program would write without any state backend. Text keys, lists and maps of maps alike.

import { collectGarbage, pause, residentBytesBeyondPageCache } from '../ambient/process-clock.js';
import type { Figures } from '../runner/side.js';
import type { Fixture, Operation, SideContent } from '../runner/side-loop.js';
import { createSequences, HOT_KEYS, MAP_KEYS, type Sequences } from '../workloads/sequences.js';

type Operations = Readonly<Record<string, Operation>>;

/** Operations on plain maps. */
export class MapSide implements SideContent {
  private readonly sequences: Sequences;

  constructor(keys: number, seed: number) {
    this.sequences = createSequences(keys, seed);
  }

  async createFixture(suite: string): Promise<Fixture> {
    const operations = { value: valueOperations, string: stringOperations, list: listOperations, map: mapOperations }[
      suite
    ];
    if (operations === undefined) throw new RangeError(`no suite '${suite}'`);
    return { operations: operations(this.sequences), close: async () => {} };
  }

  async measure(what: string, entries: number): Promise<Figures> {
    if (what !== 'memory') throw new RangeError(`a Map has no ${what}`);
    collectGarbage();
    const emptyBytes = residentBytesBeyondPageCache();
    const map = new Map<number, number>();
    for (let key = 0; key < entries; key++) map.set(key, key * 0.37);
    collectGarbage();
    await pause(2000);
    collectGarbage();
    const residentBytes = residentBytesBeyondPageCache() - emptyBytes;
    return { residentBytes, entries: map.size };
  }

  async close(): Promise<void> {}
}

function valueOperations({ known, fresh }: Sequences): Operations {
  const count = known.length;
  const map = new Map<number, number>();
  for (let key = 0; key < count; key++) map.set(key, key);
  return {
    valueGet: {
      run(first, calls) {
        let sum = 0;
        for (let call = first; call < first + calls; call++) sum += map.get(known[call % count] as number) as number;
        return sum;
      },
    },
    valueUpdate: {
      run(first, calls) {
        for (let call = first; call < first + calls; call++) map.set(known[call % count] as number, call);
        return 0;
      },
    },
    valueReadModifyWrite: {
      run(first, calls) {
        for (let call = first; call < first + calls; call++) {
          const key = known[call % count] as number;
          map.set(key, (map.get(key) as number) + 1);
        }
        return 0;
      },
    },
    hotReadModifyWrite: {
      run(first, calls) {
        for (let call = first; call < first + calls; call++) {
          const key = known[call % HOT_KEYS] as number;
          map.set(key, (map.get(key) as number) + 1);
        }
        return 0;
      },
    },
    valueAdd: {
      run(first, calls) {
        for (let call = first; call < first + calls; call++) map.set(fresh[call % count] as number, call);
        return 0;
      },
      undo(calls) {
        for (let call = 0; call < Math.min(calls, count); call++) map.delete(fresh[call] as number);
      },
    },
  };
}

function stringOperations({ names }: Sequences): Operations {
  const count = names.length;
  const map = new Map<string, number>();
  for (let index = 0; index < count; index++) map.set(names[index] as string, index);
  return {
    stringGet: {
      run(first, calls) {
        let sum = 0;
        for (let call = first; call < first + calls; call++) sum += map.get(names[call % count] as string) as number;
        return sum;
      },
    },
    stringReadModifyWrite: {
      run(first, calls) {
        for (let call = first; call < first + calls; call++) {
          const key = names[call % count] as string;
          map.set(key, (map.get(key) as number) + 1);
        }
        return 0;
      },
    },
  };
}

function listOperations({ known, fresh, hundred }: Sequences): Operations {
  const count = known.length;
  const map = new Map<number, number[]>();
  for (let key = 0; key < count; key++) map.set(key, [key]);
  const shorten = (calls: number): void => {
    for (let call = 0; call < Math.min(calls, count); call++) map.set(known[call] as number, [call]);
  };
  return {
    listUpdate: {
      run(first, calls) {
        for (let call = first; call < first + calls; call++) map.set(known[call % count] as number, [call]);
        return 0;
      },
    },
    listAdd: {
      run(first, calls) {
        for (let call = first; call < first + calls; call++) map.set(fresh[call % count] as number, [call]);
        return 0;
      },
      undo(calls) {
        for (let call = 0; call < Math.min(calls, count); call++) map.delete(fresh[call] as number);
      },
    },
    listAppend: {
      run(first, calls) {
        for (let call = first; call < first + calls; call++) map.get(known[call % count] as number)?.push(call);
        return 0;
      },
      undo: shorten,
    },
    listGet: {
      run(first, calls) {
        let found = 0;
        for (let call = first; call < first + calls; call++) {
          if (map.get(known[call % count] as number) !== undefined) found++;
        }
        return found;
      },
    },
    listGetAndIterate: {
      run(first, calls) {
        let sum = 0;
        for (let call = first; call < first + calls; call++) {
          for (const value of map.get(known[call % count] as number) as number[]) sum += value;
        }
        return sum;
      },
    },
    listAddAll: {
      run(first, calls) {
        for (let call = first; call < first + calls; call++) {
          const list = map.get(known[call % count] as number) as number[];
          for (const value of hundred) list.push(value);
        }
        return 0;
      },
      undo: shorten,
    },
  };
}

function mapOperations({ known, fresh, mapValues, ten }: Sequences): Operations {
  const count = known.length;
  const maps = new Map<number, Map<number, number>>();
  for (let key = 0; key < count; key++) maps.set(key, new Map(ten));
  const mapOf = (call: number): Map<number, number> => maps.get(known[call % count] as number) as Map<number, number>;
  return {
    mapGet: {
      run(first, calls) {
        let sum = 0;
        for (let call = first; call < first + calls; call++) sum += mapOf(call).get(call % MAP_KEYS) as number;
        return sum;
      },
    },
    mapContains: {
      run(first, calls) {
        let found = 0;
        for (let call = first; call < first + calls; call++) if (mapOf(call).has((call % MAP_KEYS) << 1)) found++;
        return found;
      },
    },
    mapIsEmpty: {
      run(first, calls) {
        let found = 0;
        for (let call = first; call < first + calls; call++) if (mapOf(call).size === 0) found++;
        return found;
      },
    },
    mapKeys: {
      run(first, calls) {
        let sum = 0;
        for (let call = first; call < first + calls; call++) for (const key of mapOf(call).keys()) sum += key;
        return sum;
      },
    },
    mapValues: {
      run(first, calls) {
        let sum = 0;
        for (let call = first; call < first + calls; call++) for (const value of mapOf(call).values()) sum += value;
        return sum;
      },
    },
    mapEntries: {
      run(first, calls) {
        let sum = 0;
        for (let call = first; call < first + calls; call++) {
          for (const [key, value] of mapOf(call).entries()) sum += key + value;
        }
        return sum;
      },
    },
    mapIterator: {
      run(first, calls) {
        let sum = 0;
        for (let call = first; call < first + calls; call++) {
          const entries = mapOf(call)[Symbol.iterator]();
          for (let next = entries.next(); next.done !== true; next = entries.next())
            sum += next.value[0] + next.value[1];
        }
        return sum;
      },
    },
    mapUpdate: {
      run(first, calls) {
        for (let call = first; call < first + calls; call++) {
          mapOf(call).set(call % MAP_KEYS, mapValues[(call + 1) % MAP_KEYS] as number);
        }
        return 0;
      },
    },
    mapPutAll: {
      run(first, calls) {
        for (let call = first; call < first + calls; call++) {
          const map = mapOf(call);
          for (const [key, value] of ten) map.set(key, value);
        }
        return 0;
      },
    },
    mapAdd: {
      run(first, calls) {
        for (let call = first; call < first + calls; call++) {
          maps.set(fresh[call % count] as number, new Map([[call % MAP_KEYS, mapValues[call % MAP_KEYS] as number]]));
        }
        return 0;
      },
      undo(calls) {
        for (let call = 0; call < Math.min(calls, count); call++) maps.delete(fresh[call] as number);
      },
    },
    mapRemove: {
      run(first, calls) {
        for (let call = first; call < first + calls; call++) mapOf(call).delete(call % MAP_KEYS);
        return 0;
      },
      undo(calls) {
        for (let call = 0; call < Math.min(calls, count); call++) {
          mapOf(call).set(call % MAP_KEYS, mapValues[call % MAP_KEYS] as number);
        }
      },
    },
  };
}
