// Keyed state of a backend beside a peer: operations, snapshots, restore and memory, in pairs of processes.
//
// Measured: each operation with the choice of its key, over 500,000 keys in a shuffled order that is the same for both
// sides. Not measured: a storage; snapshots go to files in a temporary directory without synchronisation.
//
//   node benchmarks/run.mjs state --backend hashmap --peer map,flink-heap

import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { processTerminal, type Terminal, writeJson } from './ambient/terminal.js';
import { describeMachine } from './machine.js';
import { ChildSide, type SideCommand } from './runner/child-side.js';
import { headingLine, rowLine } from './runner/report-table.js';
import { judge, type Pair, type Row, type RowPlan, type RowUnit, skippedRow, spreadOfPairs } from './runner/row.js';
import { runPairs } from './runner/run-pairs.js';
import type { Figures, Side } from './runner/side.js';
import { spreadOf } from './runner/statistics.js';
import { FlinkMissing, flinkCommand } from './sides/flink-command.js';
import { type StateBenchmarkOptions, stateBenchmarkOptions } from './state-options.js';
import { OPERATIONS, type OperationPlan } from './workloads/operations.js';
import { promiseOf } from './workloads/promises.js';

const MIB: number = 2 ** 20;
const here: string = dirname(fileURLToPath(import.meta.url));

/** Suites that a side offers; a side that is not here offers all. */
const OFFERED: Readonly<Record<string, readonly string[]>> = {
  map: ['value', 'string', 'list', 'map', 'memory'],
  'lmdb-js': ['value'],
  'flink-heap': ['value', 'string', 'list', 'map', 'snapshot', 'restore'],
  'flink-rocksdb': ['value', 'string', 'list', 'map', 'snapshot', 'restore'],
};

class StateBenchmark {
  readonly rows: Row[] = [];

  constructor(
    private readonly options: StateBenchmarkOptions,
    private readonly terminal: Terminal,
  ) {}

  async run(): Promise<void> {
    const { terminal, options } = this;
    terminal.line(describeMachine());
    terminal.line(
      `${options.keys.toLocaleString('en')} keys, seed ${options.seed}, ${options.pairs} pairs of ${options.roundMs} ms after ${options.warmUpMs} ms of warm-up`,
    );
    terminal.line(headingLine());
    for (const peer of options.peers) await this.comparedWith(peer);
  }

  private async comparedWith(peer: string): Promise<void> {
    for (const suite of this.options.suites) {
      const missing = this.missingOf(peer, suite);
      if (suite === 'snapshot' || suite === 'restore') {
        for (const entries of this.options.entries) await this.measured(peer, suite, entries, missing);
      } else if (suite === 'memory') {
        await this.measured(peer, suite, this.options.memoryEntries, missing);
      } else {
        await this.operations(peer, suite, missing);
      }
    }
  }

  /** Why a peer cannot do a suite. */
  private missingOf(peer: string, suite: string): string | undefined {
    const offered = OFFERED[peer];
    if (offered !== undefined && !offered.includes(suite)) return `${peer} has no suite '${suite}'`;
    try {
      this.commandOf(peer);
    } catch (error) {
      if (error instanceof FlinkMissing) return error.message;
      throw error;
    }
    return undefined;
  }

  private async operations(peerName: string, suite: string, missing: string | undefined): Promise<void> {
    const { options, terminal } = this;
    const chosen = OPERATIONS.filter(
      (operation) => operation.suite === suite && (options.only.length === 0 || options.only.includes(operation.name)),
    );
    if (chosen.length === 0) return;
    const plans = chosen.map((operation) => ({ operation, plan: this.planOf(peerName, operation.name) }));
    if (missing !== undefined) {
      for (const { plan } of plans) this.report(skippedRow(plan, missing));
      return;
    }
    await this.withSides(peerName, async (subject, peer) => {
      terminal.progress(`${suite}: preparing ${options.keys} keys on both sides`);
      await Promise.all([subject.fixture(suite), peer.fixture(suite)]);
      for (const { operation, plan } of plans) {
        const row = await runPairs(subject, peer, { plan, ...pairedOf(operation, options.keys) }, options, (done) =>
          terminal.progress(`${operation.name} beside ${peerName}: pair ${done + 1} of ${options.pairs}`),
        );
        this.report(row);
      }
    });
  }

  /** Snapshot, restore and memory: pairs of whole measurements, the first of which warms up where it can. */
  private async measured(peerName: string, suite: string, entries: number, missing: string | undefined): Promise<void> {
    const { options, terminal } = this;
    const pairs = suite === 'memory' ? 1 : options.pairs;
    const subjects: Figures[] = [];
    const peers: Figures[] = [];
    const takeTurns = async (subject: Side, peer: Side | undefined): Promise<void> => {
      for (let turn = suite === 'memory' ? 0 : -1; turn < pairs; turn++) {
        terminal.progress(`${suite} of ${entries} entries beside ${peerName}: ${turn + 1} of ${pairs}`);
        const ours = await subject.measure(suite, entries);
        const theirs = await peer?.measure(suite, entries);
        if (turn < 0) continue;
        subjects.push(ours);
        if (theirs !== undefined) peers.push(theirs);
      }
    };
    if (missing === undefined) await this.withSides(peerName, takeTurns);
    else await this.withSubject((subject) => takeTurns(subject, undefined));
    for (const row of this.rowsOfMeasures(peerName, suite, entries, subjects, peers, missing)) this.report(row);
  }

  private rowsOfMeasures(
    peer: string,
    suite: string,
    entries: number,
    subjects: readonly Figures[],
    peers: readonly Figures[],
    missing: string | undefined,
  ): Row[] {
    const size = ` (${entries >= 1e6 ? `${entries / 1e6} M` : `${entries / 1e3} k`})`;
    const beside = (workload: string, figure: string, sideUnit: 'ms' | 'MiB'): Row => {
      const plan = this.planOf(peer, workload, sideUnit === 'MiB' ? 'x size' : undefined, size);
      if (missing !== undefined) return skippedRow(plan, missing);
      const pairs = subjects.map((ours, turn) => ({
        subject: ours[figure] as number,
        peer: peers[turn]?.[figure] as number,
      }));
      return rowOfPairs(plan, pairs, sideUnit);
    };
    const itself = (workload: string, figure: string): Row => {
      const plan = this.planOf('itself', workload, 'ms', size);
      const spread = spreadOf(subjects.map((ours) => ours[figure] as number));
      return { ...plan, figure: spread, verdict: judge(plan, spread.median) };
    };
    const within = (workload: string, unit: RowUnit, figure: string, of: string, sideUnit: 'ms' | 'MiB'): Row => {
      const plan = this.planOf('itself', workload, unit, size);
      const pairs = subjects.map((ours) => ({ subject: ours[figure] as number, peer: ours[of] as number }));
      return rowOfPairs(plan, pairs, sideUnit);
    };
    if (suite === 'memory') return [beside('memory: resident', 'residentBytes', 'MiB')];
    if (suite === 'restore') {
      return [
        beside('restore: first record', 'firstRecordMs', 'ms'),
        beside('restore: all', 'allMs', 'ms'),
        itself('restore: first record', 'firstRecordMs'),
      ];
    }
    return [
      beside('full: freeze', 'fullSyncMs', 'ms'),
      beside('full: write', 'fullAsyncMs', 'ms'),
      beside('nothing changed: freeze', 'idleSyncMs', 'ms'),
      beside('nothing changed: write', 'idleAsyncMs', 'ms'),
      beside('1 % changed: freeze', 'onePercentSyncMs', 'ms'),
      beside('1 % changed: write', 'onePercentAsyncMs', 'ms'),
      beside('1 % changed: size', 'onePercentBytes', 'MiB'),
      within('increment of 1 %: bytes', 'x size', 'onePercentBytes', 'changedBytes', 'MiB'),
      within('increment of 1 %: write', 'x time', 'onePercentAsyncMs', 'fullAsyncMs', 'ms'),
      itself('freeze: 50,000 dirty', 'dirtySyncMs'),
      itself('longest slice', 'fullLongestSliceMs'),
      itself('longest slice, with collections', 'fullLongestSliceWithGcMs'),
      itself('longest collection meanwhile', 'fullLongestGcMs'),
      itself('50,000 dirty: longest slice', 'dirtyLongestSliceMs'),
    ];
  }

  private planOf(peer: string, workload: string, unit?: RowUnit, size = ''): RowPlan {
    const { backend } = this.options;
    const promised = promiseOf(backend, peer, workload);
    return {
      workload: `${workload}${size}`,
      subject: backend,
      peer,
      unit: promised?.unit ?? unit ?? (peer.startsWith('flink') ? 'x speed' : 'x time'),
      floor: promised?.floor,
      goal: promised?.goal,
    };
  }

  private report(row: Row): void {
    this.rows.push(row);
    this.terminal.line(rowLine(row, this.terminal));
  }

  private async withSides(peerName: string, use: (subject: Side, peer: Side) => Promise<void>): Promise<void> {
    await this.withSubject(async (subject) => {
      const peer = new ChildSide(this.commandOf(peerName));
      try {
        await use(subject, peer);
      } finally {
        await peer.close();
      }
    });
  }

  private async withSubject(use: (subject: Side) => Promise<void>): Promise<void> {
    const subject = new ChildSide(this.commandOf(this.options.backend));
    try {
      await use(subject);
    } finally {
      await subject.close();
    }
  }

  private commandOf(name: string): SideCommand {
    const { keys, seed, config } = this.options;
    if (name === 'flink-heap' || name === 'flink-rocksdb') {
      const backend = name === 'flink-heap' ? 'HEAP' : 'ROCKSDB';
      return flinkCommand({ name, backend, keys, seed, sourceDirectory: join(here, '../peers/flink') });
    }
    const program = join(here, 'state-side.mjs');
    const flags = ['--expose-gc', '--max-old-space-size=8192'];
    return {
      name,
      executable: process.execPath,
      arguments: [...flags, program, name, String(keys), String(seed), JSON.stringify(config)],
    };
  }
}

function pairedOf({ name, opsPerCall, isOncePerKey }: OperationPlan, keys: number) {
  return { operation: name, opsPerCall, callsMax: isOncePerKey ? keys : 1_000_000_000 };
}

function rowOfPairs(plan: RowPlan, pairs: readonly Pair[], sideUnit: 'ms' | 'MiB'): Row {
  const figure = spreadOfPairs(plan.unit, pairs);
  const scale = sideUnit === 'MiB' ? MIB : 1;
  return {
    ...plan,
    figure,
    subjectFigure: spreadOf(pairs.map(({ subject }) => subject)).median / scale,
    peerFigure: spreadOf(pairs.map(({ peer }) => peer)).median / scale,
    sideUnit,
    verdict: judge(plan, figure.median),
  };
}

async function main(): Promise<void> {
  const options = stateBenchmarkOptions(process.argv.slice(2));
  const benchmark = new StateBenchmark(options, processTerminal(!options.json));
  await benchmark.run();
  if (options.json) writeJson({ machine: describeMachine(), options, rows: benchmark.rows });
  // Floors must hold: whoever runs this in a pipeline hears of it.
  if (benchmark.rows.some(({ verdict }) => verdict === 'below floor')) process.exitCode = 1;
}

try {
  await main();
} catch (error) {
  if (!(error instanceof TypeError)) throw error;
  processTerminal(true).line(error.message);
  process.exitCode = 2;
}
