// The keyed states of one subtask by name: what the program declared, what was restored, and what both make of each
// other.
//
// Owns: kinds, numbers, the limit, the rules for asking twice, and the report of the restore. Leaves the states
// themselves and where their entries are to the backend.
//
//   KR1. A name stands for one sort of state, one namespace type and one value type as long as the backend is open.
//   KR2. Asking again for a state with another descriptor object takes the functions and the default value of the newer.
//   KR3. Restored and registered names together are at most STATES_MAX, checked when a state is registered.

import { StateError } from '../error/state-error.js';
import { describeSnapshot, snapshotsEqual } from '../serialization/serializer-snapshot.js';
import type { KeySerializer, SerializerSnapshot, TypeSerializer } from '../serialization/type-serializer.js';
import type { RecordReader } from '../snapshot-format/segment-contract.js';
import type { StateSchema } from '../snapshot-format/segment-header.js';
import { type StateDescriptor, type StateKind, valueSerializerOf } from '../state/state-descriptor.js';
import type { RestoredStateLine, StateRestoreReport } from '../state-backend/state-restore-report.js';
import {
  namespaceDiffers,
  readNamespaces,
  readValues,
  type ValueReading,
  valueTypeDiffers,
} from './restored-compatibility.js';
import type { RestoredKeyedState, RestoredState } from './restored-keyed-state.js';
import type { TtlClock, TtlTime } from './ttl-clock.js';
import { TtlPolicy, ttlTimeOf } from './ttl-policy.js';
import { storedTimeOf, TtlRestamping } from './ttl-restamping.js';

/** The most keyed states of one operator: their numbers in a snapshot take 15 bits. */
export const STATES_MAX: number = 32_767;

/** A keyed state that the program uses. */
export interface KeyedStateRegistration {
  /** Number of the state, from 0, in the order of registration. */
  readonly id: number;
  readonly name: string;
  readonly kind: StateKind;
  /** The descriptor asked with last (KR2). */
  readonly descriptor: StateDescriptor;
  readonly namespaceSerializer: KeySerializer<unknown>;
  /** What values are read and written with: that of the descriptor, or the reconfigured one. */
  readonly valueSerializer: TypeSerializer<unknown>;
  /** For maps. */
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

/** What a registry starts from. */
export interface KeyedStateRegistryParameters {
  readonly keySerializer: KeySerializer<unknown>;
  readonly restored: RestoredKeyedState;
  readonly restoredCheckpointId: number | undefined;
  /** The clocks that entries expire by; absent where the backend applies no time to live: then it is refused. */
  readonly ttlClock?: TtlClock;
}

type Registration = { -readonly [P in keyof KeyedStateRegistration]: KeyedStateRegistration[P] };

/** The registered keyed states of one subtask. */
export class KeyedStateRegistry {
  private readonly parameters: KeyedStateRegistryParameters;
  private readonly byName: Map<string, Registration> = new Map();
  private readonly declared: Map<string, StateDescriptor> = new Map();
  private readonly readings: Map<string, ValueReading> = new Map();
  private namesTaken: number;
  private listed: readonly KeyedStateRegistration[] | undefined = undefined;

  constructor(parameters: KeyedStateRegistryParameters) {
    this.parameters = parameters;
    this.namesTaken = parameters.restored.states.size;
  }

  /** The registered states in the order of their ids. The array stays as it is when others are registered. */
  get registrations(): readonly KeyedStateRegistration[] {
    this.listed ??= [...this.byName.values()];
    return this.listed;
  }

  get size(): number {
    return this.byName.size;
  }

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
    const earlier = this.declared.get(descriptor.name);
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

  /** What became of the restored states up to now. */
  report(): StateRestoreReport {
    const { restored, restoredCheckpointId } = this.parameters;
    const names = new Set([...restored.states.keys(), ...this.declared.keys()]);
    const states = [...names].sort().flatMap((name) => this.lineOf(name, restored.states.get(name)));
    return { restoredCheckpointId, states };
  }

  private add(namespaceSerializer: KeySerializer<unknown>, descriptor: StateDescriptor): KeyedStateRegistration {
    const { name, kind } = descriptor;
    const restored = this.parameters.restored.states.get(name);
    if (restored === undefined) {
      if (this.namesTaken >= STATES_MAX) throw tooManyStates(name);
      this.namesTaken++;
    }
    const reading = this.readings.get(name);
    const namespaces = restored === undefined ? namespaceSerializer : readNamespaces(restored, namespaceSerializer);
    const values = reading?.valueSerializer ?? valueSerializerOf(descriptor);
    const mapKeys = descriptor.kind === 'map' ? descriptor.key : undefined;
    const id = this.byName.size;
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

  /**
   * How what is stored of a state gets the stamps of today; `undefined` for a state that the program does not know. Today
   * is when these were the registered states.
   */
  restampingAsOf(registrations: readonly KeyedStateRegistration[]): (stateName: string) => TtlRestamping | undefined {
    let byName: ReadonlyMap<string, KeyedStateRegistration> | undefined;
    return (stateName) => {
      byName ??= new Map(registrations.map((registration) => [registration.name, registration]));
      return byName.get(stateName)?.restamping ?? this.declaredRestampingOf(stateName);
    };
  }

  private declaredRestampingOf(stateName: string): TtlRestamping | undefined {
    const descriptor = this.declared.get(stateName);
    if (descriptor === undefined) return undefined;
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
    const descriptor = this.declared.get(stateName);
    const previousSchema = restored?.schemas.map((schema) => inWords(schema.value, storedTimeOf(schema))).join(' and ');
    if (descriptor === undefined) {
      // Timers are no states of the program's; whoever owns them reports on them.
      if (restored === undefined || restored.kind === 'priority-queue') return [];
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

/** One that had to be reconfigured at first has to be every time (RC3): the state keeps the reconfigured one. */
function checkNamespacesAgain(stateName: string, inUse: SerializerSnapshot, asked: KeySerializer<unknown>): void {
  const snapshot = asked.snapshot();
  if (snapshotsEqual(inUse, snapshot)) return;
  if (asked.resolveCompatibility(inUse).outcome === 'compatible-with-reconfigured-serializer') return;
  throw namespaceDiffers(stateName, inUse, snapshot, 'the state is in use');
}

function nameTaken(earlier: StateDescriptor, descriptor: StateDescriptor): StateError {
  return new StateError(
    'state-already-registered',
    `the name '${descriptor.name}' belongs to a ${earlier.kind} state and was now asked for as a ${descriptor.kind} state; give one of them another name`,
    { details: { stateName: descriptor.name, registered: earlier.kind, asked: descriptor.kind } },
  );
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
