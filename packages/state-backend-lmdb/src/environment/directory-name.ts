// How names that people give become names of directories.
//
//   DN1. Different names give different directories, also where the file system ignores case.
//   DN2. A name is one path component of a-z, 0-9, - _ . = and never leads anywhere else; at most NAME_LENGTH_MAX long.
//   DN3. A plain name is its own directory.
//
//   "Orders/../x"  ->  =4frders=2f..=2fx      an escape is = and two hexadecimal digits of a UTF-8 byte

import { createHash } from 'node:crypto';
import { ByteWriter } from '@tidemark/state-core/spi';

const NAME_LENGTH_MAX: number = 100;
const KEPT_OF_LONG_NAME: number = 60;
const DEVICE: RegExp = /^(?:con|prn|aux|nul|com\d|lpt\d)(?:\.|$)/;

/** One path component for a name. */
export function directoryName(name: string): string {
  const writer = new ByteWriter();
  writer.writeWtf8(name);
  const bytes = writer.view();
  let encoded = '';
  bytes.forEach((byte, index) => {
    const letter = String.fromCharCode(byte);
    const isPlain = /[a-z0-9_-]/.test(letter) || (letter === '.' && index > 0 && index < bytes.length - 1);
    encoded += isPlain ? letter : escaped(byte);
  });
  if (encoded === '') return '=empty';
  if (DEVICE.test(encoded)) encoded = escaped(encoded.charCodeAt(0)) + encoded.slice(1);
  if (encoded.length <= NAME_LENGTH_MAX) return encoded;
  const digest = createHash('sha256').update(bytes).digest('hex').slice(0, 32);
  return `${encoded.slice(0, KEPT_OF_LONG_NAME).replace(/=[0-9a-f]?$/, '')}=h${digest}`;
}

function escaped(byte: number): string {
  return `=${byte.toString(16).padStart(2, '0')}`;
}
