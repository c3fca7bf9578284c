// A program with accounts: the states that the tests of openState share.

import { randomUUID } from 'node:crypto';
import {
  float64,
  type JsonAttachment,
  ListStateDescriptor,
  MapStateDescriptor,
  type NodeOpenStateOptions,
  type OpenState,
  type OpenStateEnvironment,
  openState,
  type StateErrorDetails,
  type StateLogger,
  safeInteger,
  string,
  ValueStateDescriptor,
} from '../../src/index.js';

/** The states of the program. */
export const accountStates: {
  readonly total: ValueStateDescriptor<number, number>;
  readonly log: ListStateDescriptor<string>;
  readonly byDay: MapStateDescriptor<string, number>;
} = {
  total: new ValueStateDescriptor('total', { type: float64, defaultValue: 0 }),
  log: new ListStateDescriptor('log', { type: string }),
  byDay: new MapStateDescriptor('by-day', { key: string, value: safeInteger }),
};

/** The accounts of one directory or storage. */
export type Accounts = OpenState<string, typeof accountStates, JsonAttachment>;

/** Opens the accounts in a directory, whatever the surroundings of the test run say. */
export function openAccounts(
  directory: string | undefined,
  options: Partial<NodeOpenStateOptions<string, typeof accountStates>> & {
    readonly environment?: OpenStateEnvironment;
  } = {},
): Promise<Accounts> {
  const { config, environment, ...rest } = options;
  const inDirectory = directory === undefined ? {} : { 'execution.checkpointing.dir': directory };
  return openState(
    {
      // Checkpoints in memory are shared by the whole process: each state in memory is one of its own.
      name: directory === undefined ? `accounts ${randomUUID()}` : 'accounts',
      states: accountStates,
      keySerializer: string,
      configFile: false,
      logger: { warn() {}, info() {} },
      config: { ...inDirectory, ...(config as Record<string, string> | undefined) },
      ...rest,
    },
    environment,
  );
}

/** Adds an amount to an account, in every state of it. */
export function pay(state: Accounts, account: string, amount: number, day = 'monday'): void {
  state.withKey(account, ({ total, log, byDay }) => {
    total.update(total.value() + amount);
    log.add(`${day} ${amount}`);
    byDay.put(day, (byDay.get(day) ?? 0) + 1);
  });
}

/** Everything in the state as plain data, in order. */
export function contentOf(
  state: Accounts,
): Record<string, { total: number; log: string[]; byDay: Record<string, number> }> {
  const keys = new Set([...state.keys('total'), ...state.keys('log'), ...state.keys('byDay')]);
  return Object.fromEntries(
    [...keys].sort().map((key) => [
      key,
      state.withKey(key, ({ total, log, byDay }) => ({
        total: total.value(),
        log: [...log.get()],
        byDay: Object.fromEntries([...byDay.entries()].sort()),
      })),
    ]),
  );
}

/** One thing that the library had to say. */
export interface Saying {
  readonly code: string;
  readonly message: string;
  readonly details: StateErrorDetails | undefined;
}

/** A logger that keeps the warnings. */
export function recordingLogger(): StateLogger & { readonly warnings: Saying[] } {
  const warnings: Saying[] = [];
  return {
    warnings,
    warn: (code, message, details) => void warnings.push({ code, message, details }),
    info() {},
  };
}
