// The part of MessagePack that the serializer `msgpack` uses: each value has one form.
//
//   null, booleans      C0, C2 false, C3 true
//   number, whole       00..7F, E0..FF, CC/CD/CE uint 8/16/32, D0/D1/D2 int 8/16/32: the shortest that holds it
//   number, other       CB float 64: fractions, -0, NaN, infinities, and whole numbers beyond 32 bits
//   bigint              D3 int 64, or CF uint 64 from 2^63 on: 64-bit integers are bigints and nothing else
//   text                A0..BF, D9, DA, DB   UTF-8
//   Uint8Array          C4, C5, C6
//   array               90..9F, DC, DD
//   plain object        80..8F, DE, DF       keys are text, each once
//   Date                ext -1, the timestamp of the specification: 32, 64 or 96 bits, the shortest that holds it
//   Map                 C9 ext 32, type 1    payload: an array of key, value, key, value, …
//   Set                 C9 ext 32, type 2    payload: an array of the elements
//
//   M1. The decoder refuses every form that the encoder does not choose: longer lengths, float 32, other extensions.

/** First bytes of the formats in use. */
export const FORMAT: {
  readonly nil: 0xc0;
  readonly false: 0xc2;
  readonly true: 0xc3;
  readonly bin8: 0xc4;
  readonly ext8: 0xc7;
  readonly ext32: 0xc9;
  readonly float64: 0xcb;
  readonly uint8: 0xcc;
  readonly uint16: 0xcd;
  readonly uint32: 0xce;
  readonly uint64: 0xcf;
  readonly int8: 0xd0;
  readonly int16: 0xd1;
  readonly int32: 0xd2;
  readonly int64: 0xd3;
  readonly fixext4: 0xd6;
  readonly fixext8: 0xd7;
  readonly str8: 0xd9;
  readonly array16: 0xdc;
  readonly map16: 0xde;
} = {
  nil: 0xc0,
  false: 0xc2,
  true: 0xc3,
  bin8: 0xc4,
  ext8: 0xc7,
  ext32: 0xc9,
  float64: 0xcb,
  uint8: 0xcc,
  uint16: 0xcd,
  uint32: 0xce,
  uint64: 0xcf,
  int8: 0xd0,
  int16: 0xd1,
  int32: 0xd2,
  int64: 0xd3,
  fixext4: 0xd6,
  fixext8: 0xd7,
  str8: 0xd9,
  array16: 0xdc,
  map16: 0xde,
};

/** Types of extensions. */
export const EXTENSION: { readonly timestamp: -1; readonly map: 1; readonly set: 2 } = {
  timestamp: -1,
  map: 1,
  set: 2,
};

/** Whether a number is written as an integer: whole, within 32 bits, and not -0. */
export function isMsgpackInteger(value: number): boolean {
  return Number.isInteger(value) && value >= -2147483648 && value <= 4294967295 && !Object.is(value, -0);
}
