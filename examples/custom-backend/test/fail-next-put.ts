// Makes SQLite refuse one put, in the words of a full disk.

import type { SqliteKeyedStore } from '../src/index.js';

/** The next put of the store fails, and none after it. */
export function failNextPut({ database }: SqliteKeyedStore): void {
  let isFull = true;
  // Temporary functions and triggers belong to this connection, and may be made anew for every failure.
  database.function('is_full', () => {
    const answer = isFull;
    isFull = false;
    return answer;
  });
  database.exec(
    "create temp trigger if not exists full before insert on entry when is_full() begin select raise(abort, 'database or disk is full'); end",
  );
}
