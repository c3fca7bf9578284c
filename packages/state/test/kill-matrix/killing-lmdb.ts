// The module lmdb, in a process that dies at one of its writes. Stands in the place of the real one.

import { dirname } from 'node:path';
import { type InstalledDatabase, type InstalledRoot, open as openInstalled } from 'installed-lmdb';
import { killPoints } from './kill-points.js';

/** Directories in which a file is being copied: from the second file that is opened there to the end of one of the two. */
const copied: Map<string, number> = new Map();

/** Opens a file. */
export function open(options: { readonly path: string }): InstalledRoot {
  const directory = dirname(options.path);
  const root = killPoints.step('store', () => openInstalled(options));
  copied.set(directory, (copied.get(directory) ?? 0) + 1);
  const { close, transactionSync, openDB, env } = root;
  root.openDB = (settings) => killingDatabase(openDB.call(root, settings));
  root.transactionSync = (write) => {
    const isFlush = copied.get(directory) === 1;
    if (isFlush) killPoints.enter('flush');
    try {
      return killPoints.step('store', () => transactionSync.call(root, write));
    } finally {
      if (isFlush) killPoints.leave('flush');
    }
  };
  const { commitTxn } = env;
  // The native class has it read-only.
  Object.defineProperty(env, 'commitTxn', { value: () => killPoints.step('store', () => commitTxn.call(env)) });
  root.close = () => {
    const isOfCopy = copied.get(directory) === 2;
    const closing = killPoints.step('store', () => close.call(root));
    copied.set(directory, (copied.get(directory) ?? 1) - 1);
    if (isOfCopy) killPoints.leave('compaction');
    return closing;
  };
  return root;
}

function killingDatabase(database: InstalledDatabase): InstalledDatabase {
  const { put, remove } = database;
  database.put = (...given) => killPoints.step('store', () => put.apply(database, given));
  database.remove = (...given) => killPoints.step('store', () => remove.apply(database, given));
  return database;
}
