// The memory that the keyed backends of one process divide among them.
//
//   MM1. Every backend has the same share: the whole by the number of backends open in all threads.
//   MM2. Threads tell each other how many they have open; a thread that has none keeps nobody from ending.
//   MM3. A thread that was terminated with backends open counts until somebody looks: when a backend is opened or closed, and
//        in idle moments. Where it cannot be told that it has ended it counts until the process ends: shares are then
//        smaller than they could be, never larger.
//   MM4. Of its share a backend gives CACHE_SHARE to its cache. The rest is for what no cache counts: buffers of transactions
//        and snapshots, queues, young objects, what was freed and not given back. So the whole of what a backend takes stays
//        about within its share.

import { BroadcastChannel, threadId } from 'node:worker_threads';
import { hasThreadEnded, thisThread } from '../environment/process-identity.js';

/** MM4. */
const CACHE_SHARE: number = 0.85;
const CHANNEL: string = 'tidemark.managed-memory.1';

/** What threads tell each other. */
interface Notice {
  readonly thread: number;
  /** As {@link thisThread} has it. */
  readonly identity: string;
  readonly open: number;
  /** The sender wants to know of the others. */
  readonly asks: boolean;
}

type Listener = () => void;

/** How many backends are open in the process, as this thread knows it. */
class OpenBackends {
  private readonly listeners: Set<Listener> = new Set();
  private readonly others: Map<number, Pick<Notice, 'identity' | 'open'>> = new Map();
  private channel: BroadcastChannel | undefined = undefined;

  get count(): number {
    let count = this.listeners.size;
    for (const { open } of this.others.values()) count += open;
    return count;
  }

  /** Forgets threads that have ended without a word. */
  forgetEnded(): void {
    let forgotten = 0;
    for (const [thread, { identity }] of this.others) {
      if (hasThreadEnded(identity) && this.others.delete(thread)) forgotten++;
    }
    if (forgotten > 0) this.changed();
  }

  add(listener: Listener): void {
    const isFirst = this.listeners.size === 0;
    this.listeners.add(listener);
    this.channel ??= this.openChannel();
    this.tell(isFirst);
    this.forgetEnded();
    this.changed();
  }

  remove(listener: Listener): void {
    if (!this.listeners.delete(listener)) return;
    this.tell(false);
    this.changed();
    if (this.listeners.size > 0) return;
    this.channel?.close();
    this.channel = undefined;
    this.others.clear();
  }

  private openChannel(): BroadcastChannel {
    const channel = new BroadcastChannel(CHANNEL);
    channel.onmessage = (event: unknown) => this.hear((event as { readonly data: Notice }).data);
    channel.unref();
    return channel;
  }

  private hear({ thread, identity, open, asks }: Notice): void {
    if (open === 0) this.others.delete(thread);
    else this.others.set(thread, { identity, open });
    if (asks) this.tell(false);
    this.forgetEnded();
    this.changed();
  }

  private tell(asks: boolean): void {
    const notice: Notice = { thread: threadId, identity: ownIdentity(), open: this.listeners.size, asks };
    this.channel?.postMessage(notice);
  }

  private changed(): void {
    for (const listener of [...this.listeners]) listener();
  }
}

let identity: string | undefined;

function ownIdentity(): string {
  identity ??= thisThread();
  return identity;
}

const openBackends: OpenBackends = new OpenBackends();

/** The share of one backend. */
export class ManagedMemoryShare {
  private readonly totalBytes: number;
  private readonly fractionMax: number;
  private readonly listener: Listener;
  private onChange: ((bytes: number) => void) | undefined = undefined;

  /**
   * Takes a share until {@link release}.
   *
   * @param fractionMax - What the share may be of the whole at most, from 0 to 1.
   */
  constructor(totalBytes: number, fractionMax: number) {
    this.totalBytes = totalBytes;
    this.fractionMax = fractionMax;
    this.listener = () => this.onChange?.(this.cacheBytes);
    openBackends.add(this.listener);
  }

  /** How much it is now. */
  get bytes(): number {
    return Math.floor(this.totalBytes * Math.min(this.fractionMax, 1 / Math.max(1, openBackends.count)));
  }

  /** What of it is for the cache now (MM4). */
  get cacheBytes(): number {
    return Math.floor(this.bytes * CACHE_SHARE);
  }

  /** Calls `onChange` whenever what is for the cache becomes something else. */
  watch(onChange: (cacheBytes: number) => void): void {
    this.onChange = onChange;
  }

  /** Takes up what threads had that have ended. Called in idle moments. */
  look(): void {
    openBackends.forgetEnded();
  }

  /** Gives it back. Idempotent. */
  release(): void {
    this.onChange = undefined;
    openBackends.remove(this.listener);
  }
}
