// What happened, in order: for the text on the way, the drawing at the end and the JSON document.

/** Something that happened to the job. `atMs` counts from the start of the program. */
export type TimelineEvent =
  | {
      readonly type: 'started';
      readonly atMs: number;
      readonly record: number;
      readonly restoredCheckpoint: number | null;
      readonly restoreMs: number;
    }
  | { readonly type: 'skipped'; readonly atMs: number; readonly pointer: string; readonly reason: string }
  | {
      readonly type: 'checkpoint';
      readonly atMs: number;
      readonly checkpointId: number;
      readonly record: number;
      readonly durationMs: number;
      readonly freezeMs: number;
      readonly bytes: number;
    }
  | { readonly type: 'killed'; readonly atMs: number; readonly record: number }
  | { readonly type: 'stopped'; readonly atMs: number; readonly record: number; readonly checkpointId: number }
  | { readonly type: 'finished'; readonly atMs: number; readonly record: number; readonly routes: number };

const number = new Intl.NumberFormat('en-US');

/** `1,234,567` */
export function count(value: number): string {
  return number.format(value);
}

/** `12.3 kB` */
export function bytes(value: number): string {
  return value < 1000
    ? `${value} B`
    : value < 1_000_000
      ? `${(value / 1000).toFixed(1)} kB`
      : `${(value / 1_000_000).toFixed(1)} MB`;
}

/** One line of text for an event. */
export function describe(event: TimelineEvent): string {
  const at = `${(event.atMs / 1000).toFixed(2).padStart(7)} s  `;
  switch (event.type) {
    case 'started':
      return event.restoredCheckpoint === null
        ? `${at}started at record ${count(event.record)}, nothing to restore (${event.restoreMs.toFixed(0)} ms)`
        : `${at}restored from checkpoint ${event.restoredCheckpoint} in ${event.restoreMs.toFixed(0)} ms, going on at record ${count(event.record)}`;
    case 'skipped':
      return `${at}passed over ${event.pointer}: ${event.reason}`;
    case 'checkpoint':
      return `${at}checkpoint ${event.checkpointId} at record ${count(event.record)}: ${event.durationMs.toFixed(1)} ms (frozen in ${event.freezeMs.toFixed(3)} ms), ${bytes(event.bytes)}`;
    case 'killed':
      return `${at}killed with SIGKILL at record ${count(event.record)}`;
    case 'stopped':
      return `${at}stopped at record ${count(event.record)} with checkpoint ${event.checkpointId}`;
    case 'finished':
      return `${at}finished: record ${count(event.record)}, ${count(event.routes)} routes`;
  }
}

/**
 * Draws the run: one bar an attempt over the records of the file, `|` where a checkpoint was taken, `x` where the job was
 * killed, `.` where records were read again.
 */
export function drawTimeline(events: readonly TimelineEvent[], limit: number, width: number): string[] {
  const lines: string[] = [];
  const column = (record: number): number => Math.min(width - 1, Math.floor((record / limit) * width));
  let cells: string[] = [];
  let seen = 0;
  let start = 0;
  const label = (): string => `attempt ${String(lines.length + 1).padStart(2)}  `;
  const fill = (to: number): void => {
    for (let at = column(start); at <= column(to); at++)
      if (cells[at] === ' ') cells[at] = at < column(seen) ? '.' : '-';
  };
  const close = (record: number, mark: string): void => {
    fill(record);
    cells[column(record)] = mark;
    lines.push(`${label()}${cells.join('')}`);
    seen = Math.max(seen, record);
  };
  for (const event of events) {
    if (event.type === 'started') {
      cells = new Array<string>(width).fill(' ');
      start = event.record;
    } else if (event.type === 'checkpoint') {
      fill(event.record);
      cells[column(event.record)] = '|';
    } else if (event.type === 'killed') close(event.record, 'x');
    else if (event.type === 'stopped') close(event.record, '!');
    else if (event.type === 'finished') close(event.record - 1, '>');
  }
  if (lines.length > 0) lines.push(`${' '.repeat(label().length)}| checkpoint   x killed   . read again`);
  return lines;
}
