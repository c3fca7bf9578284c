// How the identity of a job becomes the name of one directory.
//
// Owns: the encoding. Identities are made by people (name and shard), with any characters.
//
//   J1. Different identities give different names, also where the file system ignores case or normalises Unicode.
//   J2. The name is one path component that every usual file system takes: at most 200 bytes of a-z, 0-9, and - . _ =
//   J3. An identity of those letters that means nothing else is its own name.
//
//   "Orders/shard-1"  ->  =4frders=2fshard-1       an escape is = and two hexadecimal digits of a UTF-8 byte
//   ""                ->  =empty                   no escape reads so: `e` is a digit, `m` is not
//   300 letters       ->  <first 120>=h<64 digits> SHA-256 of the identity

import { createHash } from 'node:crypto';
import { ByteWriter } from '@tidemark/state-core/spi';

const NAME_LENGTH_MAX: number = 200;
const KEPT_OF_LONG_NAME: number = 120;
// Names that mean something to this layout or to Windows, whatever follows a dot.
const RESERVED: RegExp =
  /^(?:con|prn|aux|nul|com\d|lpt\d)(?:\.|$)|^(?:shared|taskowned|_metadata)$|^(?:chk|owner|savepoint)-/;

/** The name of the directory of a job. */
export function jobDirectoryName(jobId: string): string {
  if (jobId === '') return '=empty';
  const writer = new ByteWriter();
  // Not UTF-8: an unpaired surrogate must not become the same replacement character as every other.
  writer.writeWtf8(jobId);
  const bytes = writer.view();
  const encoded = Array.from(bytes, (byte, index) => encodeByte(byte, index === 0 || index === bytes.length - 1)).join(
    '',
  );
  const name = RESERVED.test(encoded) ? escapeByte(encoded.charCodeAt(0)) + encoded.slice(1) : encoded;
  if (name.length <= NAME_LENGTH_MAX) return name;
  const kept = name.slice(0, KEPT_OF_LONG_NAME).replace(/=[0-9a-f]?$/, '');
  return `${kept}=h${createHash('sha256').update(bytes).digest('hex')}`;
}

function encodeByte(byte: number, atAnEnd: boolean): string {
  const letter = String.fromCharCode(byte);
  if (/[a-z0-9_-]/.test(letter)) return letter;
  // A dot in front hides a file and one at the end is dropped by Windows; `.` and `..` are no names at all.
  return letter === '.' && !atAnEnd ? letter : escapeByte(byte);
}

function escapeByte(byte: number): string {
  return `=${byte.toString(16).padStart(2, '0')}`;
}
