import { describe, expect, it } from 'vitest';
import { type Closeable, CloseableRegistry } from '../../src/support/closeable-registry.js';

/** Closes after a turn of the event loop and says so. */
function closeable(name: string, log: string[]): Closeable {
  return {
    async close() {
      log.push(`${name} begins`);
      await new Promise((resolve) => setImmediate(resolve));
      log.push(`${name} ends`);
    },
  };
}

describe('CloseableRegistry', () => {
  it('CloseableRegistryTest.testClose: everything, in reverse order, one after another, once', async () => {
    const log: string[] = [];
    const registry = new CloseableRegistry();
    const [a, b, c] = [closeable('a', log), closeable('b', log), closeable('c', log)];
    for (const one of [a, b, c, a]) registry.registerCloseable(one);
    expect(registry.numberOfRegisteredCloseables).toBe(3);
    await Promise.all([registry.close(), registry.close()]);
    await registry.close();
    expect(log).toEqual(['c begins', 'c ends', 'b begins', 'b ends', 'a begins', 'a ends']);
    expect([registry.isClosed, registry.numberOfRegisteredCloseables]).toEqual([true, 0]);
  });

  it('CloseableRegistryTest.testRegisterAfterClose: the argument is closed and the call refused', async () => {
    const log: string[] = [];
    const registry = new CloseableRegistry({ description: 'the registry of the task' });
    await registry.close();
    expect(() => registry.registerCloseable(closeable('late', log))).toThrow(
      expect.objectContaining({ code: 'registry-closed' }),
    );
    expect(() => registry.registerCloseable(closeable('later', log))).toThrow(
      /the registry of the task has been closed/,
    );
    await registry.close();
    expect(log).toContain('late ends');
    expect(log).toContain('later ends');
  });

  it('CloseableRegistryTest.testUnregister: says whether it was there, and then does not close it', async () => {
    const log: string[] = [];
    const registry = new CloseableRegistry();
    const one = closeable('one', log);
    registry.registerCloseable(one);
    expect(registry.isCloseableRegistered(one)).toBe(true);
    expect(registry.unregisterCloseable(one)).toBe(true);
    expect(registry.unregisterCloseable(one)).toBe(false);
    await registry.close();
    expect(log).toEqual([]);
  });

  it('CloseableRegistryTest.testCloseOnFailure: one that fails keeps none from being closed', async () => {
    const log: string[] = [];
    const failures: unknown[] = [];
    const registry = new CloseableRegistry({ onCloseFailed: (error) => void failures.push(error) });
    registry.registerCloseable(closeable('first', log));
    registry.registerCloseable({
      close() {
        throw new Error('broken');
      },
    });
    await registry.close();
    expect(log).toEqual(['first begins', 'first ends']);
    expect(failures).toEqual([new Error('broken')]);
  });
});
