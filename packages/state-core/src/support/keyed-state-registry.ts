// The keyed states of one subtask by name: what the program declared, what was restored, and what both make of each
// other.
//
// Owns: kinds, numbers, the limit, the rules for asking twice, and the report of the restore. Leaves the states
// themselves and where their entries are to the backend, what is checked of a queue to priority-queue-registration.ts.
//
//   KR1. A name stands for one sort of state, one namespace type and one value type as long as the backend is open. Queues
//        have their names and numbers among those of the states.
//   KR2. Asking again for a state with another descriptor object takes the functions and the default value of the newer.
//   KR3. Restored and registered names together are at most STATES_MAX, checked when a state is registered.

import { StateError } from '../error/state-error.js';
import { describeSnapshot, snapshotsEqual } from '../serialization/serializer-snapshot.js';
import type { KeySerializer, SerializerSnapshot, TypeSerializer } from '../serialization/type-serializer.js';
import type { RecordReader } from '../snapshot-format/segment-contract.js';
import type { SegmentStateKind, StateSchema } from '../snapshot-format/segment-header.js';
import { type StateDescriptor, type StateKind, valueSerializerOf } from '../state/state-descriptor.js';
import type { PriorityQueueDescriptor } from '../state-backend/priority-queue.js';
import type { RestoredStateLine, StateRestoreReport } from '../state-backend/state-restore-report.js';
import {
  checkQueueAgain,
  createQueueRegistration,
  type PriorityQueueRegistration,
} from './priority-queue-registration.js';
import {
  checkNamespacesAgain,
  readNamespaces,
  readValues,
  type ValueReading,
  valueTypeDiffers,
} from './restored-compatibility.js';
import type { RestoredKeyedState, RestoredState } from './restored-keyed-state.js';
import { SchemaRewriting } from './schema-rewriting.js';
import type { TtlClock, TtlTime } from './ttl-clock.js';
import { TtlPolicy, ttlTimeOf } from './ttl-policy.js';
import { storedTimeOf, TtlRestamping } from './ttl-restamping.js';

/** The most keyed states of one operator: their numbers in a snapshot take 15 bits. */
export const STATES_MAX: number = 32_767;

/** A keyed state or queue that the program uses, as those see it who read and write its entries. */
export interface EntriesRegistration {
  /** Number of the state, from 0, in the order of registration. */
  readonly id: number;
  readonly name: string;
  readonly kind: SegmentStateKind;
  readonly namespaceSerializer: KeySerializer<unknown>;
  /** What values are read and written with: that of the descriptor, or the reconfigured one. */
  readonly valueSerializer: TypeSerializer<unknown>;
  /** For maps; of the priorities, for queues. */
  readonly mapKeySerializer: KeySerializer<unknown> | undefined;
  /** Today's schema; the id is that of the registration. */
  readonly schema: StateSchema;
  /** How blocks written under a restored schema are read. */
  readonly readerOf: (schema: StateSchema) => RecordReader;
  /** When entries expire; `undefined` for a state without time to live. */
  readonly ttl: TtlPolicy | undefined;
  /** How stored entries get the stamps that the state has today. */
  readonly restamping: TtlRestamping;
}

/** A keyed state that the program uses. */
export interface KeyedStateRegistration extends EntriesRegistration {
  readonly kind: StateKind;
  /** The descriptor asked with last (KR2). */
  readonly descriptor: StateDescriptor;
}

/** What a registry starts from. */
export interface KeyedStateRegistryParameters {
  readonly keySerializer: KeySerializer<unknown>;
  readonly restored: RestoredKeyedState;
  readonly restoredCheckpointId: number | undefined;
  /** The clocks that entries expire by; absent where the backend applies no time to live: then it is refused. */
  readonly ttlClock?: TtlClock;
}

type Registration = { -readonly [P in keyof KeyedStateRegistration]: KeyedStateRegistration[P] };

/** The registered keyed states and queues of one subtask. */
export class KeyedStateRegistry {
  private readonly parameters: KeyedStateRegistryParameters;
  private readonly byName: Map<string, Registration> = new Map();
  private readonly queues: Map<string, PriorityQueueRegistration> = new Map();
  private readonly declared: Map<string, StateDescriptor> = new Map();
  private readonly readings: Map<string, ValueReading> = new Map();
  private namesTaken: number;
  private listed: readonly EntriesRegistration[] | undefined = undefined;

  constructor(parameters: KeyedStateRegistryParameters) {
    this.parameters = parameters;
    this.namesTaken = parameters.restored.states.size;
  }

  /** The registered states and queues in the order of their ids. The array stays as it is when others are registered. */
  get registrations(): readonly EntriesRegistration[] {
    this.listed ??= [...this.byName.values(), ...this.queues.values()].sort((a, b) => a.id - b.id);
    return this.listed;
  }

  get size(): number {
    return this.byName.size + this.queues.size;
  }

  /** The registration of a state; queues are no states of the program's. */
  get(name: string): KeyedStateRegistration | undefined {
    return this.byName.get(name);
  }

  /**
   * Checks a declared state against what was restored; it need not be used afterwards.
   *
   * @throws StateError `state-already-registered`, `state-type-incompatible`, `value-serializer-incompatible`,
   * `key-serializer-incompatible`, `capability-missing` for a time to live that the backend does not apply.
   */
  declare(descriptor: StateDescriptor): void {
    this.checkTimeToLive(descriptor);
    const earlier = this.queues.get(descriptor.name) ?? this.declared.get(descriptor.name);
    if (earlier !== undefined && earlier.kind !== descriptor.kind) throw nameTaken(earlier, descriptor);
    const restored = this.parameters.restored.states.get(descriptor.name);
    if (restored !== undefined) this.readings.set(descriptor.name, readValues(restored, descriptor));
    this.declared.set(descriptor.name, descriptor);
  }

  /**
   * The registration of a state, made at the first call.
   *
   * @throws StateError `state-already-registered`, `too-many-states`, `namespace-serializer-incompatible`, and as
   * {@link declare}. TypeError for a missing namespace serializer.
   */
  register(namespaceSerializer: KeySerializer<unknown>, descriptor: StateDescriptor): KeyedStateRegistration {
    if (typeof namespaceSerializer?.identity !== 'function') {
      throw new TypeError(
        `state '${descriptor.name}' needs a namespace serializer; plain keyed state uses voidNamespaceSerializer`,
      );
    }
    const existing = this.byName.get(descriptor.name);
    if (existing !== undefined) {
      this.checkTimeToLive(descriptor);
      return askedAgain(existing, namespaceSerializer, descriptor);
    }
    this.declare(descriptor);
    return this.add(namespaceSerializer, descriptor);
  }

  /**
   * The registration of a queue, made at the first call.
   *
   * @throws StateError `state-already-registered`, `too-many-states`, `state-type-incompatible`,
   * `namespace-serializer-incompatible`, `key-serializer-incompatible` for priorities of another type,
   * `key-type-unsupported`. TypeError for a descriptor without name or types.
   */
  registerPriorityQueue(descriptor: PriorityQueueDescriptor<unknown, unknown>): PriorityQueueRegistration {
    const existing = this.queues.get(descriptor.name);
    if (existing !== undefined) return checkQueueAgain(existing, descriptor);
    const { name } = descriptor;
    const earlier = this.declared.get(name);
    if (earlier !== undefined) throw nameTaken(earlier, { kind: 'priority-queue', name });
    const { restored, keySerializer, ttlClock } = this.parameters;
    const registration = createQueueRegistration(descriptor, {
      id: this.size,
      keySerializer,
      restored: restored.states.get(name),
      restamping: new TtlRestamping(undefined, ttlClock),
    });
    this.takeName(name);
    this.queues.set(name, registration);
    this.listed = undefined;
    return registration;
  }

  /** What became of the restored states and queues up to now. */
  report(): StateRestoreReport {
    const { restored, restoredCheckpointId } = this.parameters;
    const names = new Set([...restored.states.keys(), ...this.declared.keys(), ...this.queues.keys()]);
    const states = [...names].sort().flatMap((name) => this.lineOf(name, restored.states.get(name)));
    return { restoredCheckpointId, states: [...states, ...restored.discarded.map(discardedLine)] };
  }

  private add(namespaceSerializer: KeySerializer<unknown>, descriptor: StateDescriptor): KeyedStateRegistration {
    const { name, kind } = descriptor;
    const restored = this.parameters.restored.states.get(name);
    this.takeName(name);
    const reading = this.readings.get(name);
    const namespaces = restored === undefined ? namespaceSerializer : readNamespaces(restored, namespaceSerializer);
    const values = reading?.valueSerializer ?? valueSerializerOf(descriptor);
    const mapKeys = descriptor.kind === 'map' ? descriptor.key : undefined;
    const id = this.size;
    const ttl = this.policyOf(descriptor);
    const registration: Registration = {
      id,
      name,
      kind,
      descriptor,
      namespaceSerializer: namespaces,
      valueSerializer: values,
      mapKeySerializer: mapKeys,
      schema: {
        id,
        name,
        kind,
        namespace: namespaces.snapshot(),
        value: values.snapshot(),
        ...(mapKeys === undefined ? {} : { mapKey: mapKeys.snapshot() }),
        ttl: ttl !== undefined,
        ...(ttl === undefined ? {} : { ttlTime: ttl.time }),
      },
      readerOf: (schema) => ({
        key: this.parameters.keySerializer,
        namespace: namespaces,
        ...(mapKeys === undefined ? {} : { mapKey: mapKeys }),
        value: reading?.readers.get(schema) ?? values,
        ttl: schema.ttl,
      }),
      ttl,
      restamping: new TtlRestamping(ttl?.time, this.parameters.ttlClock),
    };
    this.byName.set(name, registration);
    this.listed = undefined;
    return registration;
  }

  private takeName(name: string): void {
    if (this.parameters.restored.states.has(name)) return;
    if (this.namesTaken >= STATES_MAX) throw tooManyStates(name);
    this.namesTaken++;
  }

  /**
   * How what is stored of a state gets the stamps of today, which are the stored ones for a state that the program does not
   * know. Today is when these were the registered states.
   */
  restampingAsOf(registrations: readonly EntriesRegistration[]): (stateName: string) => TtlRestamping {
    let byName: ReadonlyMap<string, EntriesRegistration> | undefined;
    return (stateName) => {
      byName ??= new Map(registrations.map((registration) => [registration.name, registration]));
      return byName.get(stateName)?.restamping ?? this.declaredRestampingOf(stateName);
    };
  }

  /** As {@link restampingAsOf}: how what is stored of a state gets its schema of today. */
  rewritingAsOf(
    registrations: Parameters<KeyedStateRegistry['restampingAsOf']>[0],
  ): (stateName: string) => SchemaRewriting | undefined {
    const restampingOf = this.restampingAsOf(registrations);
    return (stateName) => {
      const reading = this.readings.get(stateName);
      if (reading === undefined) return undefined;
      const { valueSerializer, readers } = reading;
      return new SchemaRewriting({
        readerOf: (schema) => readers.get(schema) ?? valueSerializer,
        valueSerializer,
        restamping: restampingOf(stateName),
      });
    };
  }

  private declaredRestampingOf(stateName: string): TtlRestamping {
    const descriptor = this.declared.get(stateName);
    if (descriptor === undefined) return new TtlRestamping('stored', this.parameters.ttlClock);
    const time = descriptor.ttl?.isEnabled ? ttlTimeOf(descriptor.ttl) : undefined;
    return new TtlRestamping(time, this.parameters.ttlClock);
  }

  private policyOf({ ttl }: StateDescriptor): TtlPolicy | undefined {
    const { ttlClock } = this.parameters;
    return ttl?.isEnabled && ttlClock !== undefined ? new TtlPolicy(ttl, ttlClock) : undefined;
  }

  private checkTimeToLive({ name, ttl }: StateDescriptor): void {
    if (!ttl?.isEnabled || this.parameters.ttlClock !== undefined) return;
    throw new StateError(
      'capability-missing',
      `state '${name}' has a time to live, which this state backend does not apply; use another, or leave 'ttl' out of the descriptor and remove old entries with a timer or a sweep over applyToAllKeys:\n  state.backend.type: hashmap`,
      { details: { stateName: name, ttlMs: ttl.ttlMs } },
    );
  }

  private lineOf(stateName: string, restored: RestoredState | undefined): RestoredStateLine[] {
    const queue = this.queues.get(stateName);
    const previousSchema = restored?.schemas.map(storedInWords).join(' and ');
    if (queue !== undefined) {
      const line = { stateName, kind: queue.kind, schema: storedInWords(queue.schema) };
      return [
        previousSchema === undefined ? { ...line, outcome: 'new' } : { ...line, outcome: 'matched', previousSchema },
      ];
    }
    const descriptor = this.declared.get(stateName);
    if (descriptor === undefined) {
      if (restored === undefined) return [];
      return [{ stateName, kind: restored.kind, outcome: 'kept', previousSchema: previousSchema as string }];
    }
    const reading = this.readings.get(stateName);
    const time = descriptor.ttl?.isEnabled ? ttlTimeOf(descriptor.ttl) : undefined;
    const schema = inWords((reading?.valueSerializer ?? valueSerializerOf(descriptor)).snapshot(), time);
    if (previousSchema === undefined || reading === undefined)
      return [{ stateName, kind: descriptor.kind, outcome: 'new', schema }];
    const migrates = reading.migrates || restored?.schemas.some((stored) => storedTimeOf(stored) !== time);
    return [{ stateName, kind: descriptor.kind, outcome: migrates ? 'migrated' : 'matched', previousSchema, schema }];
  }
}

/** What a state holds; of a queue, its priorities. */
function storedInWords(schema: StateSchema): string {
  const { kind, mapKey, value } = schema;
  return inWords(kind === 'priority-queue' ? (mapKey ?? value) : value, storedTimeOf(schema));
}

function discardedLine({ name, kind, schemas }: RestoredState): RestoredStateLine {
  const previousSchema = schemas.map(storedInWords).join(' and ');
  return { stateName: name, kind: kind as StateKind, outcome: 'discarded', previousSchema };
}

function inWords(snapshot: SerializerSnapshot, time: TtlTime | undefined): string {
  return time === undefined ? describeSnapshot(snapshot) : `${describeSnapshot(snapshot)} with ttl in ${time} time`;
}

function askedAgain(
  existing: Registration,
  namespaceSerializer: KeySerializer<unknown>,
  descriptor: StateDescriptor,
): KeyedStateRegistration {
  if (existing.kind !== descriptor.kind) throw nameTaken(existing.descriptor, descriptor);
  if (existing.descriptor === descriptor && existing.namespaceSerializer === namespaceSerializer) return existing;
  const { name, schema } = existing;
  checkTimeToLiveAgain(existing, descriptor);
  checkNamespacesAgain(name, schema.namespace, namespaceSerializer);
  const answer = valueSerializerOf(descriptor).resolveCompatibility(schema.value);
  if (answer.outcome === 'incompatible' || answer.outcome === 'compatible-after-migration') {
    const reason = answer.outcome === 'incompatible' ? answer.reason : 'the state is in use and cannot migrate now';
    throw valueTypeDiffers(name, schema.value, valueSerializerOf(descriptor).snapshot(), reason);
  }
  if (descriptor.kind === 'map' && !snapshotsEqual(schema.mapKey as never, descriptor.key.snapshot())) {
    throw valueTypeDiffers(
      name,
      schema.mapKey as never,
      descriptor.key.snapshot(),
      'the state is in use with other map keys',
    );
  }
  existing.descriptor = descriptor;
  existing.ttl?.configure(descriptor.ttl);
  return existing;
}

interface Named {
  readonly kind: SegmentStateKind;
  readonly name: string;
}

function nameTaken(earlier: Named, asked: Named): StateError {
  return new StateError(
    'state-already-registered',
    `the name '${asked.name}' belongs to a ${sortInWords(earlier)} and was now asked for as a ${sortInWords(asked)}; give one of them another name`,
    { details: { stateName: asked.name, registered: earlier.kind, asked: asked.kind } },
  );
}

function sortInWords({ kind }: Named): string {
  return kind === 'priority-queue' ? 'priority queue' : `${kind} state`;
}

function tooManyStates(stateName: string): StateError {
  return new StateError(
    'too-many-states',
    `state '${stateName}' would be one more than ${STATES_MAX} keyed states in one operator, restored ones included; put what belongs together into one MapState`,
    { details: { stateName, statesMax: STATES_MAX } },
  );
}

function checkTimeToLiveAgain({ name, ttl }: Registration, descriptor: StateDescriptor): void {
  const asked = descriptor.ttl?.isEnabled ? ttlTimeOf(descriptor.ttl) : undefined;
  if (asked === ttl?.time) return;
  const [inUse, other] = [ttl?.time, asked].map((time) =>
    time === undefined ? 'no time to live' : `a time to live in ${time} time`,
  );
  throw new StateError(
    'state-already-registered',
    `state '${name}' is in use with ${inUse} and was now asked for with ${other}; use one descriptor for both: switching takes effect when the state is restored`,
    { details: { stateName: name, inUse: ttl?.time, asked } },
  );
}
