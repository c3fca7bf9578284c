// The keys and namespaces of the models: a number of the model, and what it is to a backend.

import { int32, type KeySerializer, safeInteger, string, struct } from '@tidemark/state-core';
import { VOID_NAMESPACE, voidNamespaceSerializer } from '@tidemark/state-core/spi';

/** Keys of one type. */
export interface ModelledKeys {
  readonly serializer: KeySerializer<unknown>;
  /** The key of a number from 0: a fresh object every time, where keys are objects. */
  of(index: number): unknown;
}

/** The types of keys, by name. */
export type ModelledKeyType = 'int32' | 'safeInteger' | 'string' | 'struct';

/** Keys of every type: small and large, negative, of several bytes, of several fields. */
export const MODELLED_KEYS: Readonly<Record<ModelledKeyType, ModelledKeys>> = {
  int32: { serializer: int32 as never, of: (index) => (index % 3 === 2 ? -index : index * 7) },
  safeInteger: { serializer: safeInteger as never, of: (index) => (index % 2 === 1 ? index * 2 ** 33 : 0 - index) },
  string: { serializer: string as never, of: (index) => `${'ключ'.slice(0, index % 5)}-${index}` },
  struct: {
    serializer: struct({ shop: string, no: int32 }) as never,
    of: (index) => ({ shop: `s${index % 3}`, no: Math.trunc(index / 3) }),
  },
};

/** Namespaces of one type. */
export interface ModelledNamespaces {
  readonly serializer: KeySerializer<unknown>;
  readonly all: readonly unknown[];
}

/** The void namespace, and sorts of others. */
export const MODELLED_NAMESPACES: Readonly<Record<'void' | 'string' | 'int32' | 'window', ModelledNamespaces>> = {
  void: { serializer: voidNamespaceSerializer as never, all: [VOID_NAMESPACE] },
  string: { serializer: string as never, all: ['', 'a', 'b'] },
  int32: { serializer: int32 as never, all: [0, -1, 70_000] },
  window: {
    serializer: struct({ start: int32, end: int32 }) as never,
    all: [
      { start: 0, end: 10 },
      { start: 10, end: 20 },
      { start: 0, end: 20 },
    ],
  },
};
