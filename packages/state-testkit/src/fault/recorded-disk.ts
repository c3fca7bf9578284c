// A disk in memory that remembers every change in order, and what of it was made durable.
//
// Owns: what a change is, when it is durable, and what a disk looks like on which only some changes have arrived. Leaves
// the calls of a file system to simulated-file-system.ts, and which changes to lose to crash-states.ts.
//
//   RD1. A change of a name is durable after a sync of its directory that came later; a write after a sync of its file.
//        Nothing else makes anything durable: not closing, not a sync of something else.
//   RD2. Changes that are not durable are lost independently of each other and arrive in any order; a rename is one
//        change, also between two directories. That is more than a real disk does, and all of it is allowed.
//   RD3. A disk that was made from another shares nothing with it that changes.

/** Number of a file or directory on its disk; 0 is the root. */
export type NodeNumber = number;

interface FileNode {
  readonly kind: 'file';
  bytes: Uint8Array;
}

interface DirectoryNode {
  readonly kind: 'directory';
  readonly names: Map<string, NodeNumber>;
}

/** A file or a directory. */
export type DiskNode = FileNode | DirectoryNode;

/** One name that comes (`node`) or goes. */
export interface NameChange {
  readonly directory: NodeNumber;
  readonly name: string;
  readonly node: NodeNumber | undefined;
}

/** What was done to a disk. `what` is for people. */
export type DiskStep =
  | { readonly kind: 'names'; readonly what: string; readonly changes: readonly NameChange[] }
  | {
      readonly kind: 'write';
      readonly what: string;
      readonly file: NodeNumber;
      readonly at: number;
      readonly bytes: Uint8Array;
    }
  | { readonly kind: 'sync'; readonly what: string; readonly node: NodeNumber };

/** What became of a change that was not durable: `torn` keeps the first half of a write, `zeroed` its length only. */
export type ChangeFate = 'kept' | 'lost' | 'torn' | 'zeroed';

/** Names and bytes, and how they came to be. */
export class RecordedDisk {
  /** Everything that was done since the disk was made, in order. */
  readonly log: DiskStep[] = [];
  private readonly nodes: DiskNode[];
  private readonly start: readonly DiskNode[];

  /** @param nodes - What is on the disk already, durably; by default an empty root. */
  constructor(nodes: readonly DiskNode[] = [{ kind: 'directory', names: new Map() }]) {
    this.start = copied(nodes);
    this.nodes = copied(nodes);
  }

  /** The file or directory under a path; `undefined` when nothing is there. */
  find(path: string): { readonly number: NodeNumber; readonly node: DiskNode } | undefined {
    let number: NodeNumber = 0;
    for (const name of path.split('/')) {
      if (name === '') continue;
      const node = this.nodes[number] as DiskNode;
      const next = node.kind === 'directory' ? node.names.get(name) : undefined;
      if (next === undefined) return undefined;
      number = next;
    }
    return { number, node: this.nodes[number] as DiskNode };
  }

  /** What has a number. */
  node(number: NodeNumber): DiskNode {
    return this.nodes[number] as DiskNode;
  }

  /** A fresh file or directory, which has no name yet. */
  add(kind: DiskNode['kind']): NodeNumber {
    this.nodes.push(kind === 'file' ? { kind, bytes: NO_BYTES } : { kind, names: new Map() });
    return this.nodes.length - 1;
  }

  /** Does something to the disk. */
  apply(step: DiskStep): void {
    this.log.push(step);
    if (step.kind !== 'sync') applyTo(this.nodes, step, 'kept');
  }

  /** The changes among the first `length` steps that are not durable after them (RD1), as places in the log. */
  pendingAt(length: number): number[] {
    const pending: number[] = [];
    for (let index = 0; index < length; index++) {
      const step = this.log[index] as DiskStep;
      if (step.kind !== 'sync' && !this.isDurable(step, index, length)) pending.push(index);
    }
    return pending;
  }

  /**
   * The disk after a crash behind the first `length` steps.
   *
   * @param fates - What became of changes that were not durable, by their place in the log; the others are kept.
   */
  after(length: number, fates: ReadonlyMap<number, ChangeFate>): RecordedDisk {
    const nodes = copied(this.start);
    for (let number = nodes.length; number < this.nodes.length; number++) {
      const { kind } = this.nodes[number] as DiskNode;
      nodes.push(kind === 'file' ? { kind, bytes: NO_BYTES } : { kind, names: new Map() });
    }
    for (let index = 0; index < length; index++) {
      const step = this.log[index] as DiskStep;
      if (step.kind !== 'sync') applyTo(nodes, step, fates.get(index) ?? 'kept');
    }
    return new RecordedDisk(nodes);
  }

  /** The disk as it is now, all of it durable. */
  settled(): RecordedDisk {
    return new RecordedDisk(this.nodes);
  }

  /** All that can be seen on the disk, as text: equal texts, equal disks. */
  describe(): string {
    const numbers = new Map<NodeNumber, number>();
    const lines: string[] = [];
    const walk = (number: NodeNumber, path: string): void => {
      const node = this.nodes[number] as DiskNode;
      if (node.kind === 'file') {
        const known = numbers.get(number);
        if (known === undefined) numbers.set(number, numbers.size);
        lines.push(known === undefined ? `${path} ${latin1(node.bytes)}` : `${path} = ${known}`);
        return;
      }
      lines.push(`${path}/`);
      for (const name of [...node.names.keys()].sort()) walk(node.names.get(name) as NodeNumber, `${path}/${name}`);
    };
    walk(0, '');
    return lines.join('\n');
  }

  private isDurable(step: Exclude<DiskStep, { kind: 'sync' }>, index: number, length: number): boolean {
    const nodes = step.kind === 'write' ? [step.file] : [...new Set(step.changes.map(({ directory }) => directory))];
    return nodes.every((node) => {
      for (let later = index + 1; later < length; later++) {
        const other = this.log[later] as DiskStep;
        if (other.kind === 'sync' && other.node === node) return true;
      }
      return false;
    });
  }
}

const NO_BYTES: Uint8Array = new Uint8Array(0);

function copied(nodes: readonly DiskNode[]): DiskNode[] {
  return nodes.map((node) =>
    node.kind === 'file' ? { kind: node.kind, bytes: node.bytes } : { kind: node.kind, names: new Map(node.names) },
  );
}

function applyTo(nodes: DiskNode[], step: Exclude<DiskStep, { kind: 'sync' }>, fate: ChangeFate): void {
  if (fate === 'lost') return;
  if (step.kind === 'names') {
    for (const { directory, name, node } of step.changes) {
      const { names } = nodes[directory] as DirectoryNode;
      if (node === undefined) names.delete(name);
      else names.set(name, node);
    }
    return;
  }
  const file = nodes[step.file] as FileNode;
  const arrived = fate === 'torn' ? step.bytes.subarray(0, step.bytes.length >> 1) : step.bytes;
  // Never in place: other disks hold the same array.
  const bytes = new Uint8Array(Math.max(file.bytes.length, step.at + arrived.length));
  bytes.set(file.bytes);
  if (fate === 'zeroed') bytes.fill(0, step.at, step.at + arrived.length);
  else bytes.set(arrived, step.at);
  file.bytes = bytes;
}

function latin1(bytes: Uint8Array): string {
  let text = '';
  for (let start = 0; start < bytes.length; start += 4096) {
    text += String.fromCharCode(...bytes.subarray(start, start + 4096));
  }
  return text;
}
