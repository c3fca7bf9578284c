import { describe, expect, it } from 'vitest';
import { AttachmentCodec } from '../../src/embedded/attachment-codec.js';
import { json } from '../../src/serialization/json-serializer.js';
import { string } from '../../src/serialization/string-serializer.js';

describe('AttachmentCodec', () => {
  const codec = new AttachmentCodec(json.of<unknown>());

  it('AC1: holds what the attachment was at the freeze', () => {
    const attachment = { nextOffset: 7 };
    const stored = codec.freeze(attachment);
    attachment.nextOffset = 8;
    expect(codec.thaw(stored)).toEqual({ nextOffset: 7 });
  });

  it('calls a function at the freeze', () => {
    let offset = 1;
    const attachment = (): unknown => ({ offset });
    offset = 2;
    expect(codec.thaw(codec.freeze(attachment))).toEqual({ offset: 2 });
  });

  it('tells nothing from null', () => {
    expect(codec.freeze(undefined)).toBeUndefined();
    expect(codec.thaw(undefined)).toBeUndefined();
    expect(codec.thaw(codec.freeze(null))).toBeNull();
  });

  it('refuses promises, also those of a function', () => {
    expect(() => codec.freeze(Promise.resolve(1))).toThrow(expect.objectContaining({ code: 'async-handler' }));
    expect(() => codec.freeze(async () => 1)).toThrow(expect.objectContaining({ code: 'async-handler' }));
  });

  it('refuses what JSON would lose', () => {
    expect(() => codec.freeze({ at: new Date(0) })).toThrow(
      expect.objectContaining({ code: 'value-not-serializable' }),
    );
  });

  it('AC2: refuses to read an attachment of another type', () => {
    const stored = new AttachmentCodec(string).freeze('offset 7');
    expect(() => codec.thaw(stored)).toThrow(expect.objectContaining({ code: 'value-serializer-incompatible' }));
  });

  it('refuses bytes that go on behind the attachment', () => {
    const stored = codec.freeze([1]);
    if (stored === undefined) throw new Error('nothing was stored');
    const longer = { ...stored, bytes: Uint8Array.of(...stored.bytes, 0) };
    expect(() => codec.thaw(longer)).toThrow(expect.objectContaining({ kind: 'corrupt' }));
  });
});
