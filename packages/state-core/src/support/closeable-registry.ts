// What is open, so that whoever shuts down can close all of it.
//
//   C1. Things are closed in reverse order of registration, each once, all of them even when one fails.
//   C2. A registry closes once. Whatever is registered afterwards is closed at once.
//   C3. Whoever gets `true` from `unregisterCloseable` closes the thing itself; with `false` the registry does or did.

import { StateError } from '../error/state-error.js';

/** Something that must be closed. `close` must be idempotent. */
export interface Closeable {
  close(): void | Promise<void>;
}

/** What a {@link CloseableRegistry} takes. */
export interface CloseableRegistryOptions {
  /** For messages: whose things these are. */
  readonly description?: string;
  /** Told about every `close` that failed; the others are closed nevertheless. Default: nobody is told. */
  readonly onCloseFailed?: (error: unknown, closeable: Closeable) => void;
}

/**
 * Keeps things that are open and closes them together. Flink's CloseableRegistry.
 *
 * @example
 * const open = new CloseableRegistry();
 * open.registerCloseable(stream);
 * try { await write(stream); } finally { if (open.unregisterCloseable(stream)) await stream.close(); }
 */
export class CloseableRegistry implements Closeable {
  private readonly open: Set<Closeable> = new Set();
  private readonly closing: Set<Promise<void>> = new Set();
  private readonly description: string;
  private readonly onCloseFailed: (error: unknown, closeable: Closeable) => void;
  private closed = false;
  private ending: Promise<void> | undefined;

  constructor(options: CloseableRegistryOptions = {}) {
    this.description = options.description ?? 'the registry of open resources';
    this.onCloseFailed = options.onCloseFailed ?? (() => {});
  }

  get isClosed(): boolean {
    return this.closed;
  }

  /** Number of things that are open. */
  get numberOfRegisteredCloseables(): number {
    return this.open.size;
  }

  isCloseableRegistered(closeable: Closeable): boolean {
    return this.open.has(closeable);
  }

  /**
   * Keeps `closeable` until it is unregistered or the registry closes. The same thing twice counts once.
   *
   * @throws StateError `registry-closed` when the registry has closed; `closeable` is being closed then.
   */
  registerCloseable(closeable: Closeable): void {
    if (this.closed) {
      this.startClosing(closeable);
      throw new StateError(
        'registry-closed',
        `${this.description} has been closed: what was just opened is closed again; open nothing after close()`,
      );
    }
    this.open.add(closeable);
  }

  /** Forgets `closeable`; whether it was there (C3). */
  unregisterCloseable(closeable: Closeable): boolean {
    return this.open.delete(closeable);
  }

  /** Closes everything (C1) and waits for it, also when another call began. Never rejects. Idempotent. */
  async close(): Promise<void> {
    this.closed = true;
    this.ending ??= this.closeAll();
    await this.ending;
    while (this.closing.size > 0) await Promise.all(this.closing);
  }

  private async closeAll(): Promise<void> {
    for (const closeable of [...this.open].reverse()) {
      // Its owner may have taken it out meanwhile.
      if (this.open.delete(closeable)) await this.startClosing(closeable);
    }
  }

  private startClosing(closeable: Closeable): Promise<void> {
    const closing = this.closeQuietly(closeable).finally(() => this.closing.delete(closing));
    this.closing.add(closing);
    return closing;
  }

  private async closeQuietly(closeable: Closeable): Promise<void> {
    try {
      await closeable.close();
    } catch (error) {
      this.onCloseFailed(error, closeable);
    }
  }
}
