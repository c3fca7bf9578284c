// A time by which something has to have ended. Unlike the scheduler of the process it keeps the process alive: a case that
// waits for something that never comes would otherwise end the program without a word.

/** Runs `expire` after `delayMs` milliseconds, unless the returned function is called before. */
export function startDeadline(delayMs: number, expire: () => void): () => void {
  const timer = setTimeout(expire, delayMs);
  return () => clearTimeout(timer);
}
