// The input: visits of a site, a stream that can be read from any position.

const USERS = 5_000;
const PAGES = ['/', '/cart', '/docs', '/pricing', '/search'];

/** One record. */
export interface Visit {
  readonly user: string;
  readonly page: string;
}

/** The visits from one position to the one before another; the same every time they are asked for. */
export function* visits(from: number, to: number): Generator<Visit> {
  for (let position = from; position < to; position++) {
    const mixed = Math.imul(position ^ (position >>> 15), 0x2c1b3c6d) >>> 0;
    yield { user: `user-${mixed % USERS}`, page: PAGES[(mixed >>> 13) % PAGES.length] as string };
  }
}
