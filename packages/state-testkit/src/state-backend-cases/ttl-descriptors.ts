// The expiring states of the cases about time to live: one of each sort, under any settings.

import {
  int32,
  ListStateDescriptor,
  MapStateDescriptor,
  StateTtlConfig,
  type StateTtlOptions,
  ValueStateDescriptor,
} from '@tidemark/state-core';
import { TTL_MS } from './ttl-drill.js';

type Settings = Partial<StateTtlOptions>;

/** The option of a descriptor. */
export const ttlOf = (settings: Settings = {}): { readonly ttl: StateTtlConfig } => ({
  ttl: StateTtlConfig.of({ ttlMs: TTL_MS, ...settings }),
});

/** A value that expires. */
export const value = (settings?: Settings): ValueStateDescriptor<number> =>
  new ValueStateDescriptor('value', { type: int32, ...ttlOf(settings) });

/** A list whose elements expire. */
export const elements = (settings?: Settings): ListStateDescriptor<number> =>
  new ListStateDescriptor('list', { type: int32, ...ttlOf(settings) });

/** A map whose entries expire. */
export const entries = (settings?: Settings): MapStateDescriptor<number, number> =>
  new MapStateDescriptor('map', { key: int32, value: int32, ...ttlOf(settings) });
