// What starts Flink as a side: Java, Flink's jars and the harness of peers/flink, compiled once.

import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readdirSync, readFileSync, renameSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { environmentVariable } from '../ambient/terminal.js';
import type { SideCommand } from '../runner/child-side.js';

/** The release that the promises speak of. */
const FLINK_VERSION = '2.2.0';

const HOW_TO_GET = `Java 17 or later (JAVA or JAVA_HOME) and the jars of Flink ${FLINK_VERSION} (FLINK_JARS) are needed: mvn -f benchmarks/peers/flink/pom.xml dependency:copy-dependencies -DoutputDirectory=$FLINK_JARS fetches org.apache.flink:{flink-streaming-java,flink-statebackend-rocksdb,flink-runtime:test-jar,flink-test-utils-junit}:${FLINK_VERSION}`;

/** Flink cannot be a peer here; the message says how it can. */
export class FlinkMissing extends Error {
  override readonly name: string = 'FlinkMissing';
}

/** What a Flink side is made of. */
export interface FlinkCommandSettings {
  readonly name: string;
  readonly backend: 'HEAP' | 'ROCKSDB';
  /** The directory of FlinkPeer.java. */
  readonly sourceDirectory: string;
  readonly keys: number;
  readonly seed: number;
}

/**
 * The command of a Flink side. Compiles the harness at the first use.
 *
 * @throws FlinkMissing without Java, jars or a compiler.
 */
export function flinkCommand({ name, backend, sourceDirectory, keys, seed }: FlinkCommandSettings): SideCommand {
  const jars = jarDirectories();
  const java = javaExecutable();
  const jarPath = jars.map((directory) => join(directory, '*'));
  const classes = compiledHarness(join(sourceDirectory, 'FlinkPeer.java'), java, jarPath);
  return {
    name,
    executable: java,
    arguments: [
      // What Flink's own start scripts open.
      '--add-opens=java.base/java.util=ALL-UNNAMED',
      '--add-opens=java.base/java.lang=ALL-UNNAMED',
      `-Xmx${environmentVariable('FLINK_PEER_MEMORY') ?? '6g'}`,
      '-cp',
      [classes, ...jarPath].join(classPathSeparator()),
      'FlinkPeer',
      backend,
      String(keys),
      String(seed),
    ],
  };
}

function classPathSeparator(): string {
  return process.platform === 'win32' ? ';' : ':';
}

/** FLINK_JARS, and the `lib` of an installation in FLINK_HOME. */
function jarDirectories(): readonly string[] {
  const home = environmentVariable('FLINK_HOME');
  const directories = [environmentVariable('FLINK_JARS'), home === undefined ? undefined : join(home, 'lib')].filter(
    (directory) => directory !== undefined && existsSync(directory),
  ) as string[];
  const files = directories.flatMap((directory) => readdirSync(directory));
  if (!files.some((file) => /^flink-.*\.jar$/.test(file))) throw new FlinkMissing(HOW_TO_GET);
  return directories;
}

function javaExecutable(): string {
  const home = environmentVariable('JAVA_HOME');
  const java = environmentVariable('JAVA') ?? (home === undefined ? 'java' : join(home, 'bin', 'java'));
  const version = spawnSync(java, ['-version'], { encoding: 'utf8' });
  if (version.status !== 0) throw new FlinkMissing(HOW_TO_GET);
  return java;
}

/** The directory of the compiled harness, by its source, so that a change is seen. */
function compiledHarness(source: string, java: string, jarPath: readonly string[]): string {
  const digest = createHash('sha256').update(readFileSync(source)).update(jarPath.join()).digest('hex').slice(0, 16);
  const directory = join(tmpdir(), `tidemark-flink-peer-${digest}`);
  if (existsSync(directory)) return directory;
  // Compiled elsewhere first: what is there under its name is whole.
  const partial = `${directory}.${process.pid}`;
  mkdirSync(partial, { recursive: true });
  const compiler = dirname(java) === '.' ? 'javac' : join(dirname(java), 'javac');
  const flags = ['-nowarn', '-proc:none', '-cp', jarPath.join(classPathSeparator()), '-d', partial, source];
  const compiled = spawnSync(compiler, flags, { encoding: 'utf8' });
  if (compiled.status !== 0) {
    rmSync(partial, { recursive: true, force: true });
    throw new FlinkMissing(`${compiled.error?.message ?? compiled.stderr}; ${HOW_TO_GET}`);
  }
  renameSync(partial, directory);
  return directory;
}
