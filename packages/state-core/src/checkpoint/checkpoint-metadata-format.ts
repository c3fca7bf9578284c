// The stored form of checkpoint metadata, version 1: the frame around plain data and blobs. Also described for people in
// docs/formats/checkpoint-metadata-v1.md.
//
//   0    8  magic 89 54 44 4D 0D 0A 1A 0A  ("\x89TDM\r\n\x1a\n": not text, shows translated line ends)
//   8    2  format version: 1
//  10    2  flags: 0
//  12    4  length n of the JSON
//  16    4  length m of the blobs
//  20    n  metadata as canonical JSON in UTF-8 (checkpoint-metadata-encoder.ts)
//  20+n  m  blobs: what is bytes in the metadata, one after another (metadata-blobs.ts)
//  20+n+m 4 checksum of everything before it, seed 0
//
//   Multi-byte numbers are big-endian. Nothing follows the checksum.
//
//   F1. The frame is the same in every version with this magic, so that damage is told from a version not known.
//   F2. One metadata has one form: equal content gives equal bytes.
//   F3. What the writer accepts the reader accepts: both apply the same rules.
//   F4. Whatever the bytes are, reading ends in metadata or in a StateError, with no more memory than they justify.
//   F5. A name, flag or version that this version does not know is refused: what it means may matter. Only the members of
//       `optional` objects are for those who know them, and are kept for those who will.

import { ByteReader } from '../bytes/byte-reader.js';
import { ByteWriter, valueTooLarge } from '../bytes/byte-writer.js';
import { checksum32 } from '../bytes/checksum.js';
import type { CheckpointMetadataScope } from '../checkpoint-storage/checkpoint-storage-location.js';
import { isStateError, StateError } from '../error/state-error.js';
import type { KnownStateErrorCode } from '../error/state-error-code.js';
import { canonicalJson } from '../snapshot-format/canonical-json.js';
import type { CheckpointMetadata } from './checkpoint-metadata.js';
import { CheckpointMetadataDecoder } from './checkpoint-metadata-decoder.js';
import { CheckpointMetadataEncoder } from './checkpoint-metadata-encoder.js';
import { MetadataBlobReader } from './metadata-blobs.js';
import { PlainDataReader } from './plain-data-reader.js';

/** The version of the format that is written. */
export const CHECKPOINT_METADATA_VERSION: number = 1;

const MAGIC: Uint8Array = Uint8Array.of(0x89, 0x54, 0x44, 0x4d, 0x0d, 0x0a, 0x1a, 0x0a);
const FRAME_BYTES = 20;
const CHECKSUM_BYTES = 4;
/** What one string of JavaScript holds for certain. */
const JSON_BYTES_MAX = 256 * 1024 * 1024;

const ADVICE = 'restore from another checkpoint and keep this one for study';

/**
 * The bytes of `_metadata`. Called by the coordinator when all subtasks have delivered, before it publishes.
 *
 * @param scope - Of the location that the bytes are published to.
 * @throws StateError `path-not-allowed` for a handle outside the scope, `value-too-large`. TypeError for metadata that
 * breaks a rule of its types and could not be read again.
 */
export function writeCheckpointMetadata(metadata: CheckpointMetadata, scope: CheckpointMetadataScope): Uint8Array {
  const encoder = new CheckpointMetadataEncoder(scope);
  const plain = encoder.encode(metadata);
  checkReadable(plain, encoder.blobs);
  const json = new TextEncoder().encode(canonicalJson(plain));
  if (json.length > JSON_BYTES_MAX) throw valueTooLarge(json.length);
  const output = new ByteWriter(FRAME_BYTES + json.length + encoder.blobs.length + CHECKSUM_BYTES);
  output.writeBytes(MAGIC);
  output.writeUint16(CHECKPOINT_METADATA_VERSION);
  output.writeUint16(0);
  output.writeUint32(json.length);
  output.writeUint32(encoder.blobs.length);
  output.writeBytes(json);
  output.writeBytes(encoder.blobs);
  output.writeUint32(checksum32(output.view(), 0));
  return output.toBytes();
}

/**
 * The metadata in the bytes of `_metadata`. The bytes are not kept.
 *
 * @param scope - Of the snapshot that was resolved.
 * @throws StateError `metadata-invalid`, `bytes-truncated`, `checksum-mismatch`, `format-version-unsupported`,
 * `path-not-allowed`.
 */
export function readCheckpointMetadata(bytes: Uint8Array, scope: CheckpointMetadataScope): CheckpointMetadata {
  const { json, blobs } = openFrame(bytes);
  return decode(parseJson(json), blobs, scope);
}

function decode(
  json: unknown,
  blobs: Uint8Array,
  scope: Pick<CheckpointMetadataScope, 'locationOf'>,
): CheckpointMetadata {
  const root = new PlainDataReader(json, (message) => invalid('metadata-invalid', message));
  return new CheckpointMetadataDecoder(scope, new MetadataBlobReader(blobs)).decode(root);
}

function checkReadable(plain: unknown, blobs: Uint8Array): void {
  try {
    decode(plain, blobs, { locationOf: (reference) => reference });
  } catch (error) {
    if (!isStateError(error, 'metadata-invalid')) throw error;
    throw new TypeError(`the metadata of a checkpoint breaks a rule: ${String(error.details['what'])}`, {
      cause: error,
    });
  }
}

function openFrame(bytes: Uint8Array): { readonly json: Uint8Array; readonly blobs: Uint8Array } {
  const begun = bytes.subarray(0, MAGIC.length);
  if (begun.some((byte, index) => byte !== MAGIC[index]))
    throw invalid('metadata-invalid', 'it does not begin like checkpoint metadata');
  if (bytes.length < FRAME_BYTES + CHECKSUM_BYTES) throw truncated(bytes.length, FRAME_BYTES + CHECKSUM_BYTES);
  const input = new ByteReader(bytes);
  input.seek(MAGIC.length);
  const version = input.readUint16();
  const flags = input.readUint16();
  const jsonLength = input.readUint32();
  const blobLength = input.readUint32();
  const length = FRAME_BYTES + jsonLength + blobLength + CHECKSUM_BYTES;
  if (bytes.length < length) throw truncated(bytes.length, length);
  if (bytes.length > length) throw invalid('metadata-invalid', `${bytes.length - length} bytes follow its end`);
  input.seek(length - CHECKSUM_BYTES);
  const stored = input.readUint32();
  if (checksum32(bytes, 0, 0, length - CHECKSUM_BYTES) !== stored)
    throw invalid('checksum-mismatch', 'its bytes have been changed');
  if (version !== CHECKPOINT_METADATA_VERSION || flags !== 0) throw unsupported(version, flags);
  if (jsonLength > JSON_BYTES_MAX) throw invalid('metadata-invalid', `its JSON has ${jsonLength} bytes`);
  const blobStart = FRAME_BYTES + jsonLength;
  return { json: bytes.subarray(FRAME_BYTES, blobStart), blobs: bytes.subarray(blobStart, blobStart + blobLength) };
}

function parseJson(bytes: Uint8Array): unknown {
  try {
    return JSON.parse(new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes));
  } catch {
    throw invalid('metadata-invalid', 'its JSON cannot be parsed');
  }
}

function invalid(
  code: Extract<KnownStateErrorCode, 'metadata-invalid' | 'checksum-mismatch'>,
  what: string,
): StateError {
  return new StateError(code, `the checkpoint metadata is damaged: ${what}; ${ADVICE}`, { details: { what } });
}

function truncated(lengthBytes: number, expectedBytes: number): StateError {
  return new StateError(
    'bytes-truncated',
    `the checkpoint metadata ends after ${lengthBytes} of ${expectedBytes} bytes; ${ADVICE}`,
    {
      details: { lengthBytes, expectedBytes },
    },
  );
}

function unsupported(version: number, flags: number): StateError {
  return new StateError(
    'format-version-unsupported',
    `the checkpoint metadata has format version ${version} with flags ${flags}, this version of the library reads version ${CHECKPOINT_METADATA_VERSION} without flags; restore it with the version that wrote it, or a later one`,
    { details: { version, flags } },
  );
}
