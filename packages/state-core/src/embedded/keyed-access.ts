// The way from a handler to the state of its key.
//
// Owns: which key is current and for how long. Leaves the states themselves to the backend.
//
//   KA1. A key is current while its handler runs, and at no other time: the `finally` that ends the handler takes it away.
//   KA2. A nested handler gives the outer key back, also when it throws.
//   KA3. Whoever returns a promise gets an error, not a half-written state that looks whole; what the promise does later
//        finds no key.

import { didYouMean, suggest } from '../config/key-suggestion.js';
import { StateError } from '../error/state-error.js';
import { VOID_NAMESPACE, voidNamespaceSerializer } from '../state/namespace.js';
import type { StateDescriptor } from '../state/state-descriptor.js';
import type { KeyedStateBackend } from '../state-backend/keyed-state-backend.js';
import type { StateDeclarations, StatesOf } from './open-state-options.js';
import { disregard, isThenable } from './thenable.js';

/** What an access by an undeclared name looks up without being a mistake: inspection, `await`, conversion to text. */
const PROBED_NAMES: ReadonlySet<string> = new Set([
  'then',
  'toJSON',
  'toString',
  'valueOf',
  'constructor',
  'inspect',
  'nodeType',
  'asymmetricMatch',
  '$$typeof',
]);

/** The keyed states of one open state, reached by key. */
export class KeyedAccess<K, S extends StateDeclarations> {
  readonly #backend: KeyedStateBackend<K>;
  readonly #declarations: S;
  readonly #states: StatesOf<S>;
  #depth: number = 0;

  /** @throws StateError as `getOrCreateKeyedState` of the backend. */
  constructor(backend: KeyedStateBackend<K>, declarations: S) {
    this.#backend = backend;
    this.#declarations = declarations;
    this.#states = bindStates(backend, declarations);
  }

  /** Whether a handler is running. */
  get isInHandler(): boolean {
    return this.#depth > 0;
  }

  /** @throws StateError `async-handler`, `state-not-declared`. TypeError for a missing key. */
  withKey<R>(key: K, handler: (states: StatesOf<S>) => R): R {
    const backend = this.#backend;
    const outerKey = this.#depth === 0 ? undefined : backend.getCurrentKey();
    backend.setCurrentKey(key);
    this.#depth++;
    let result: R;
    try {
      result = handler(this.#states);
    } finally {
      this.#depth--;
      if (outerKey === undefined) backend.clearCurrentKey();
      else backend.setCurrentKey(outerKey);
    }
    if (isThenable(result)) throw refuseAsyncHandler(result);
    return result;
  }

  /** @throws StateError `state-not-declared`. */
  keys(stateName: string): Iterable<K> {
    const descriptor = Object.hasOwn(this.#declarations, stateName) ? this.#declarations[stateName] : undefined;
    if (descriptor === undefined) throw undeclared(stateName, this.#declarations);
    return this.#backend.getKeys(descriptor.name, VOID_NAMESPACE);
  }

  prepare(keys: readonly K[]): void | Promise<void> {
    return this.#backend.prepare?.(keys);
  }
}

/**
 * Checks that the declarations are descriptors with different names.
 *
 * @throws TypeError for something else than a descriptor. StateError `state-already-registered`.
 */
export function declaredStates(declarations: StateDeclarations): readonly StateDescriptor[] {
  if (typeof declarations !== 'object' || declarations === null) {
    throw new TypeError('openState needs states: { name: descriptor, ... }');
  }
  const handles = new Map<string, string>();
  for (const [handle, descriptor] of Object.entries(declarations)) {
    if (typeof descriptor?.name !== 'string' || typeof descriptor.kind !== 'string') {
      throw new TypeError(
        `states.${handle} is no state descriptor: write for example new ValueStateDescriptor('${handle}', { type: float64 })`,
      );
    }
    const earlier = handles.get(descriptor.name);
    if (earlier !== undefined) {
      throw new StateError(
        'state-already-registered',
        `states.${earlier} and states.${handle} both describe the state '${descriptor.name}': give each descriptor a name of its own`,
        { details: { stateName: descriptor.name, handles: [earlier, handle] } },
      );
    }
    handles.set(descriptor.name, handle);
  }
  return Object.values(declarations);
}

function bindStates<K, S extends StateDeclarations>(backend: KeyedStateBackend<K>, declarations: S): StatesOf<S> {
  // The guard is the prototype: what is declared is found before it is asked, at the price of a plain property.
  const states: Record<string, unknown> = Object.create(undeclaredGuard(declarations));
  for (const [handle, descriptor] of Object.entries(declarations)) {
    const state: unknown = backend.getPartitionedState(VOID_NAMESPACE, voidNamespaceSerializer, descriptor);
    Object.defineProperty(states, handle, { value: state, enumerable: true });
  }
  return Object.freeze(states) as StatesOf<S>;
}

function undeclaredGuard(declarations: StateDeclarations): object {
  return new Proxy(Object.freeze(Object.create(null)) as object, {
    get(_target, name): undefined {
      if (typeof name === 'symbol' || PROBED_NAMES.has(name)) return undefined;
      throw undeclared(name, declarations);
    },
  });
}

function undeclared(name: string, declarations: StateDeclarations): StateError {
  const declared = Object.keys(declarations);
  return new StateError(
    'state-not-declared',
    `no state '${name}' is declared${didYouMean(suggest(name, declared))}; declared are: ${declared.join(', ') || 'none'}. ` +
      `Add it to the states of openState: states: { ${name}: new ValueStateDescriptor('${name}', { type }) }`,
    { details: { stateName: name, declared } },
  );
}

function refuseAsyncHandler(promise: PromiseLike<unknown>): StateError {
  // The promise fails by itself when it goes on and finds no key; the error below already tells, and louder.
  disregard(promise);
  return new StateError(
    'async-handler',
    'the handler of withKey returned a promise. State belongs to a key while the handler runs: await first, then write:\n' +
      '  const fetched = await fetchSomething(key);\n' +
      '  state.withKey(key, ({ total }) => total.update(fetched));',
  );
}
