// WTF-8: UTF-8 that also carries lone surrogates, so that every JavaScript string has exactly one encoded form and
// comes back unchanged. TextEncoder would replace lone surrogates by U+FFFD and make two different keys equal.
//
//   T1. decode(encode(s)) === s for every string.
//   T2. One string, one form: overlong sequences, encoded surrogate pairs and bytes beyond U+10FFFF are refused.

import { StateError } from '../error/state-error.js';

const encoder = new TextEncoder();
const decoder = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

// Below this length a plain loop beats the call into the platform's encoder.
const NATIVE_FROM_LENGTH = 48;

/** The most bytes that {@link encodeWtf8} takes for `text`. */
export function wtf8LengthMax(text: string): number {
  return text.length * 3;
}

/** Writes `text` at `start` of `target`, which must have room for {@link wtf8LengthMax} bytes; returns the end. */
export function encodeWtf8(text: string, target: Uint8Array, start: number): number {
  if (text.length >= NATIVE_FROM_LENGTH && text.isWellFormed()) {
    return start + encoder.encodeInto(text, target.subarray(start)).written;
  }
  let end = start;
  for (let index = 0; index < text.length; index++) {
    let code = text.charCodeAt(index);
    if (code < 0x80) {
      target[end++] = code;
      continue;
    }
    if (code < 0x800) {
      target[end++] = 0xc0 | (code >> 6);
      target[end++] = 0x80 | (code & 0x3f);
      continue;
    }
    if ((code & 0xfc00) === 0xd800 && index + 1 < text.length) {
      const low = text.charCodeAt(index + 1);
      if ((low & 0xfc00) === 0xdc00) {
        index++;
        code = 0x10000 + ((code & 0x3ff) << 10) + (low & 0x3ff);
        target[end++] = 0xf0 | (code >> 18);
        target[end++] = 0x80 | ((code >> 12) & 0x3f);
        target[end++] = 0x80 | ((code >> 6) & 0x3f);
        target[end++] = 0x80 | (code & 0x3f);
        continue;
      }
    }
    target[end++] = 0xe0 | (code >> 12);
    target[end++] = 0x80 | ((code >> 6) & 0x3f);
    target[end++] = 0x80 | (code & 0x3f);
  }
  return end;
}

/** @throws StateError `bytes-invalid` when the bytes are not the one form of a string (T2). */
export function decodeWtf8(bytes: Uint8Array, start: number, end: number): string {
  if (end - start >= NATIVE_FROM_LENGTH) {
    try {
      return decoder.decode(bytes.subarray(start, end));
    } catch {
      // Lone surrogates are legal here though not in UTF-8; the slow path tells them from damage.
    }
  }
  return decodeSlowly(bytes, start, end);
}

function decodeSlowly(bytes: Uint8Array, start: number, end: number): string {
  let at = asciiEnd(bytes, start, end);
  let text = asciiText(bytes, start, at);
  let afterHighSurrogate = false;
  while (at < end) {
    const first = bytes[at] as number;
    if (first < 0x80) {
      text += String.fromCharCode(first);
      at++;
      afterHighSurrogate = false;
      continue;
    }
    const length = first >= 0xf0 ? 4 : first >= 0xe0 ? 3 : 2;
    if (first < 0xc2 || first > 0xf4 || at + length > end) throw notWtf8(at);
    let code = first & (length === 2 ? 0x1f : length === 3 ? 0x0f : 0x07);
    for (let index = 1; index < length; index++) {
      const next = bytes[at + index] as number;
      if ((next & 0xc0) !== 0x80) throw notWtf8(at);
      code = (code << 6) | (next & 0x3f);
    }
    const least = length === 2 ? 0x80 : length === 3 ? 0x800 : 0x10000;
    const isLowSurrogate = code >= 0xdc00 && code <= 0xdfff;
    // An encoded pair of surrogates would be a second form of the character that the pair stands for.
    if (code < least || code > 0x10ffff || (isLowSurrogate && afterHighSurrogate)) throw notWtf8(at);
    afterHighSurrogate = code >= 0xd800 && code <= 0xdbff;
    text += String.fromCodePoint(code);
    at += length;
  }
  return text;
}

/** The end of the run of ASCII at `start`, in steps of eight bytes. */
function asciiEnd(bytes: Uint8Array, start: number, end: number): number {
  let at = start;
  while (at + 8 <= end && (orOfFour(bytes, at) | orOfFour(bytes, at + 4)) < 0x80) at += 8;
  return at;
}

function orOfFour(bytes: Uint8Array, at: number): number {
  return (bytes[at] as number) | (bytes[at + 1] as number) | (bytes[at + 2] as number) | (bytes[at + 3] as number);
}

/** Short texts are mostly ASCII, and eight characters at a time take a third of the time of one at a time. */
function asciiText(bytes: Uint8Array, start: number, end: number): string {
  let text = '';
  for (let at = start; at < end; at += 8) {
    text += String.fromCharCode(
      bytes[at] as number,
      bytes[at + 1] as number,
      bytes[at + 2] as number,
      bytes[at + 3] as number,
      bytes[at + 4] as number,
      bytes[at + 5] as number,
      bytes[at + 6] as number,
      bytes[at + 7] as number,
    );
  }
  return text;
}

function notWtf8(position: number): StateError {
  return new StateError('bytes-invalid', `the bytes are not text: no WTF-8 sequence at position ${position}`, {
    details: { position },
  });
}
