// The elements of a list that have not expired.

import { NO_TIME } from '../support/ttl-clock.js';
import type { TtlPolicy } from '../support/ttl-policy.js';

/** Elements and their stamps. */
export interface StampedElements {
  readonly values: unknown[];
  readonly stampsMs: number[];
}

/** What is left of elements. */
export interface UnexpiredElements extends StampedElements {
  /** How many went from the front, where none went elsewhere and no stamp changed; else `undefined`. */
  readonly trimmed: number | undefined;
}

/** What is left of elements; the arrays themselves where all of them are as they were. */
export function unexpired(
  values: unknown[],
  stampsMs: number[],
  policy: TtlPolicy,
  nowMs: number,
  keyGroup: number,
): UnexpiredElements {
  const { ttlMs } = policy;
  if (stampsMs.every((stampMs) => stampMs + ttlMs > nowMs && stampMs !== NO_TIME))
    return { values, stampsMs, trimmed: 0 };
  const left: unknown[] = [];
  const leftStampsMs: number[] = [];
  let isSame = true;
  let isSuffix = true;
  for (let index = 0; index < values.length; index++) {
    const stampMs = stampsMs[index] as number;
    if (policy.isExpired(stampMs, nowMs, keyGroup)) {
      if (left.length > 0) isSuffix = false;
      continue;
    }
    const storedMs = policy.storedStampMs(stampMs, keyGroup);
    if (storedMs !== stampMs) isSame = false;
    left.push(values[index]);
    leftStampsMs.push(storedMs);
  }
  if (isSame && left.length === values.length) return { values, stampsMs, trimmed: 0 };
  const trimmed = isSame && isSuffix ? values.length - left.length : undefined;
  return { values: left, stampsMs: leftStampsMs, trimmed };
}
