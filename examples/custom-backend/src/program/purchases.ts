// The input of the program: a stream that can be read from any position, as a queue or a log can.

export const PURCHASES = 200_000;
const CUSTOMERS = 20_000;

/** One record. */
export interface Purchase {
  readonly customer: string;
  readonly cents: number;
}

/** The purchase at a position; the same every time it is asked for. */
export function purchaseAt(position: number): Purchase {
  const mixed = Math.imul(position ^ (position >>> 15), 0x2c1b3c6d) >>> 0;
  return { customer: `customer-${mixed % CUSTOMERS}`, cents: 100 + (mixed % 9973) };
}
