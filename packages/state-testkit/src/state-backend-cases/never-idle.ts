// A scheduler for cases that count: work that may wait until the program is idle never comes.

import { type Scheduler, systemScheduler } from '@tidemark/state-core';

/** Nothing is decoded ahead: what a case counts does not depend on how long it takes. */
export const neverIdle: Scheduler = { yieldNow: () => systemScheduler.yieldNow(), schedule: () => () => {} };
