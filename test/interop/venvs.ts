/**
 * Third-party programs, each in its own virtual environment because their dependencies conflict. uv
 * installs them: it shares downloads between environments and takes a tenth of pip's time.
 */

import { execFile } from 'node:child_process'
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { promisify } from 'node:util'

const execute = promisify(execFile)

/** Packages to install by environment, in their newest version unless one is named. */
const PACKAGES = {
  meltano: ['meltano'],
  'sdk-suites': ['singer-sdk[testing]'],
  'singer-tools': ['singer-tools'],
  'target-jsonl': ['target-jsonl'],
  // With the DuckDB of its time. A separate check covers the newest DuckDB.
  'target-duckdb': ['target-duckdb', 'duckdb<1.3'],
  'target-duckdb-newest': ['target-duckdb'],
  'meltanolabs-target-postgres': ['meltanolabs-target-postgres'],
  'pipelinewise-target-postgres': ['pipelinewise-target-postgres'],
  'tap-jsonl': ['tap-jsonl'],
  'tap-csv-folder': ['tap-csv-folder'],
  'meltanolabs-tap-postgres': ['meltanolabs-tap-postgres'],
  'pipelinewise-tap-postgres': ['pipelinewise-tap-postgres'],
  'apache-airflow': ['apache-airflow'],
  dagster: ['dagster'],
  // In the version of our driver, for its extensions. PyPI has those that need no download at run
  // time.
  duckdb: [
    'duckdb==1.5.5',
    'duckdb-extension-avro==1.5.5',
    'duckdb-extension-ducklake==1.5.5',
    'duckdb-extension-httpfs==1.5.5',
    'duckdb-extension-iceberg==1.5.5',
    'duckdb-extension-postgres-scanner==1.5.5',
  ],
  moto: ['moto[server]'],
} as const satisfies Record<string, readonly string[]>

export type VenvName = keyof typeof PACKAGES

/** The checks that need these environments, and no others. */
const CHECKS_OF_LAKES: readonly string[] = ['lakes', 'sigv4', 'trino']
const OF_LAKES: readonly VenvName[] = ['duckdb', 'moto']

/** The environments that files of checks, by their names, can need. */
export function venvsFor(checks: readonly string[]): VenvName[] {
  const names = Object.keys(PACKAGES) as VenvName[]
  const needed = new Set(
    checks.flatMap((check) =>
      names.filter((name) => CHECKS_OF_LAKES.includes(check) === OF_LAKES.includes(name)),
    ),
  )
  return names.filter((name) => needed.has(name))
}

const OLDEST_PYTHON = [3, 10] as const

/** Throws unless `python3` is new enough. */
export async function assertPython(): Promise<void> {
  const wanted = `Python ${OLDEST_PYTHON.join('.')} or later, with its venv module, is required`
  const { stdout } = await execute('python3', ['--version']).catch(() => {
    throw new Error(`${wanted}; \`python3\` was not found.`)
  })
  const [major = 0, minor = 0] = stdout
    .replace(/^Python /, '')
    .split('.')
    .map(Number)
  if (major < OLDEST_PYTHON[0] || (major === OLDEST_PYTHON[0] && minor < OLDEST_PYTHON[1])) {
    throw new Error(`${wanted}; \`python3\` is ${stdout.trim()}.`)
  }
}

/** Path of a program in an environment below `folder`. */
export function programOf(
  venv: VenvName,
  program: string,
  folder = process.env['INTEROP_VENVS'] ?? '',
): string {
  return join(folder, venv, 'bin', program)
}

/** Installs uv itself with pip. Returns the path of the program. */
async function installUv(folder: string): Promise<string> {
  const path = join(folder, 'uv')
  const uv = join(path, 'bin', 'uv')
  if (existsSync(uv)) return uv
  await execute('python3', ['-m', 'venv', path])
  await execute(join(path, 'bin', 'pip'), ['install', '--quiet', 'uv'])
  return uv
}

/** Creates the environment below `folder` and installs its packages, unless it exists. */
export async function makeVenv(folder: string, name: VenvName): Promise<void> {
  const path = join(folder, name)
  const done = join(path, 'installed')
  if (existsSync(done)) return
  const uv = await installUv(folder)
  const env = { ...process.env, UV_CACHE_DIR: join(folder, 'uv-cache') }
  // Older programs import setuptools, which `--seed` puts into the environment.
  await execute(uv, ['venv', '--quiet', '--clear', '--seed', '--python', 'python3', path], { env })
  const python = join(path, 'bin', 'python')
  await execute(uv, ['pip', 'install', '--quiet', '--python', python, ...PACKAGES[name]], { env })
  await execute('touch', [done])
}

/** Version of the environment's first package, according to pip. */
export async function versionOf(name: VenvName, folder?: string): Promise<string> {
  const [distribution = ''] = PACKAGES[name][0].split(/[[=]/)
  const { stdout } = await execute(programOf(name, 'pip', folder), ['show', distribution])
  return /^Version: (.+)$/m.exec(stdout)?.[1] ?? 'unknown'
}
