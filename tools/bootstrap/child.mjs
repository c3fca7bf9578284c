// Child processes of the bootstrap: quiet ones whose output is kept for the case of failure, and the one program that
// takes over the terminal.

import { spawn } from 'node:child_process';
import { constants } from 'node:os';

/** Thrown when a command ends with anything but 0; carries what it printed. */
export class CommandFailed extends Error {
  constructor(command, code, output) {
    super(`${command} ended with ${code}`);
    this.name = 'CommandFailed';
    this.code = code;
    this.output = output;
  }
}

/**
 * Runs a command to its end without showing what it prints.
 *
 * @param {string} command
 * @param {readonly string[]} args
 * @param {{ cwd: string, env?: NodeJS.ProcessEnv, onLine?: (line: string) => void, timeoutMs?: number }} options
 * @returns {Promise<string>} Everything it printed, both streams as they came.
 */
export function runQuietly(command, args, { cwd, env = process.env, onLine, timeoutMs }) {
  return new Promise((resolve, reject) => {
    const child = spawn(command, args, { cwd, env, stdio: ['ignore', 'pipe', 'pipe'], timeout: timeoutMs });
    const output = [];
    let pending = '';
    const take = (chunk) => {
      output.push(chunk);
      if (onLine === undefined) return;
      const lines = (pending + chunk).split('\n');
      pending = lines.pop() ?? '';
      for (const line of lines) onLine(line);
    };
    child.stdout.setEncoding('utf8').on('data', take);
    child.stderr.setEncoding('utf8').on('data', take);
    const stopForwarding = forwardSignals(child);
    child.on('error', (error) => {
      stopForwarding();
      reject(new CommandFailed(command, error.message, output.join('')));
    });
    child.on('close', (code, signal) => {
      stopForwarding();
      if (code === 0) resolve(output.join(''));
      else reject(new CommandFailed(`${command} ${args.join(' ')}`, exitCodeOf(code, signal), output.join('')));
    });
  });
}

/**
 * Hands the terminal to a program and waits for it.
 *
 * @param {readonly string[]} args - Of Node.
 * @param {{ cwd: string, env?: NodeJS.ProcessEnv }} options
 * @returns {Promise<number>} The exit code, 128 + n for a program ended by signal n.
 */
export function runInForeground(args, { cwd, env = process.env }) {
  return new Promise((resolve, reject) => {
    const child = spawn(process.execPath, args, { cwd, env, stdio: 'inherit' });
    const stopForwarding = forwardSignals(child);
    child.on('error', (error) => {
      stopForwarding();
      reject(error);
    });
    child.on('exit', (code, signal) => {
      stopForwarding();
      resolve(exitCodeOf(code, signal));
    });
  });
}

/**
 * Passes signals on to a child, each once.
 *
 * A terminal sends Ctrl-C to every process of the foreground group, the child included, and npm repeats it to us: there
 * we only stay alive until the child has ended. Without a terminal the child hears of it from us alone.
 */
function forwardSignals(child) {
  const repeatWindowMs = 300;
  let lastMs = Number.NEGATIVE_INFINITY;
  const handler = (signal) => {
    const nowMs = Date.now();
    const isRepeat = nowMs - lastMs < repeatWindowMs;
    lastMs = nowMs;
    if (isRepeat || (signal === 'SIGINT' && process.stdin.isTTY === true)) return;
    child.kill(signal);
  };
  const signals = ['SIGINT', 'SIGTERM', 'SIGHUP'];
  for (const signal of signals) process.on(signal, handler);
  return () => {
    for (const signal of signals) process.off(signal, handler);
  };
}

function exitCodeOf(code, signal) {
  return code ?? 128 + (constants.signals[signal] ?? 0);
}
