import { spawn } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, onTestFinished, test, vi } from 'vitest';
import { CommandFailed, runQuietly } from '../child.mjs';
import { Steps } from '../steps.mjs';
import SummaryReporter from '../summary-reporter.mjs';

describe('steps', () => {
  const streamOf = (isTTY: boolean): { isTTY: boolean; text: string; write(chunk: string): void } => ({
    isTTY,
    text: '',
    write(chunk) {
      this.text += chunk;
    },
  });

  test('are plain lines where there is no terminal', () => {
    const stream = streamOf(false);
    const steps = new Steps(stream as never, {});
    steps.begin('building');
    steps.progress(1, 2);
    steps.end('3 packages');
    expect(stream.text).toMatch(/^tidemark: building \.\.\.\ntidemark: building: 3 packages \(\d+\.\d s\)\n$/);
  });

  test('have a bar on a terminal, and no colour under NO_COLOR', () => {
    const stream = streamOf(true);
    const steps = new Steps(stream as never, { NO_COLOR: '1' });
    steps.begin('building');
    steps.progress(1, 2);
    expect(stream.text).toContain('████████████░░░░░░░░░░░░ 50 %');
    steps.end();
    expect(stream.text.replaceAll('\r\x1b[2K', '')).not.toContain('\x1b');
  });
});

describe('quiet commands', () => {
  const cwd = tmpdir();

  test('give what was printed, line by line as it comes', async () => {
    const lines: string[] = [];
    const program = 'console.log("one"); console.error("two")';
    await runQuietly(process.execPath, ['-e', program], { cwd, onLine: (line: string) => lines.push(line) });
    expect(lines.sort()).toEqual(['one', 'two']);
  });

  test('fail with the code and the output', async () => {
    const failing = runQuietly(process.execPath, ['-e', 'console.log("why"); process.exit(3)'], { cwd });
    await expect(failing).rejects.toMatchObject({ code: 3, output: 'why\n' });
    await expect(runQuietly('no-such-program', [], { cwd })).rejects.toBeInstanceOf(CommandFailed);
  });
});

describe('a program in the foreground', () => {
  const module = JSON.stringify(join(import.meta.dirname, '../child.mjs'));
  const parent = (program: string): string =>
    `import(${module}).then(async ({ runInForeground }) => { process.exitCode = await runInForeground(['-e', ${JSON.stringify(program)}], { cwd: '.' }); });`;

  const run = (program: string, onOutput?: (pid: number) => void): Promise<{ code: number | null; output: string }> =>
    new Promise((resolve) => {
      const child = spawn(process.execPath, ['-e', parent(program)], {
        cwd: tmpdir(),
        stdio: ['ignore', 'pipe', 'inherit'],
      });
      let output = '';
      child.stdout.setEncoding('utf8').on('data', (chunk: string) => {
        output += chunk;
        if (output.includes('ready')) onOutput?.(child.pid as number);
      });
      child.on('close', (code) => resolve({ code, output }));
    });

  test('gives its exit code on', async () => {
    expect(await run('process.exit(7)')).toEqual({ code: 7, output: '' });
  });

  test('hears of an interrupt once and ends in its own time', async () => {
    const program =
      'let n = 0; process.on("SIGINT", () => { n++; setTimeout(() => { console.log("heard " + n); process.exit(5); }, 200); }); setInterval(() => {}, 1e3); console.log("ready");';
    let sent = false;
    const { code, output } = await run(program, (pid) => {
      if (sent) return;
      sent = true;
      process.kill(pid, 'SIGINT');
      process.kill(pid, 'SIGINT');
    });
    expect({ code, output }).toEqual({ code: 5, output: 'ready\nheard 1\n' });
  });
});

describe('the summary', () => {
  test('counts tests, files that cannot be loaded, hooks that fail and errors outside any test', () => {
    const folder = mkdtempSync(join(tmpdir(), 'summary-'));
    onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
    const file = join(folder, 'summary.json');
    const testModule = (states: readonly string[], errors = 0, suiteErrors = 0) => ({
      errors: () => new Array(errors).fill({}),
      children: {
        allSuites: () => [{ errors: () => new Array(suiteErrors).fill({}) }],
        allTests: () => states.map((state) => ({ result: () => ({ state }) })),
      },
    });
    vi.stubEnv('TIDEMARK_TEST_SUMMARY', file);
    new SummaryReporter().onTestRunEnd(
      [testModule(['passed', 'passed', 'failed', 'skipped']), testModule([], 1), testModule(['pending'], 0, 1)],
      [{}, {}],
    );
    expect(JSON.parse(readFileSync(file, 'utf8'))).toEqual({ passed: 2, failed: 5, skipped: 2 });
  });
});
