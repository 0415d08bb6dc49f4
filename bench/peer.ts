/**
 * The third-party targets that ours is compared with, installed like those of the interop checks.
 */

import { mkdir, open, readFile, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { JsonObject } from '../src/singer/json.ts'
import { DUCKDB_SCHEMA, duckdbRows, duckdbSettings } from '../test/interop/duckdb.ts'
import { databaseOf, POSTGRES_SCHEMA, postgresSettings } from '../test/interop/postgres.ts'
import {
  assertPython,
  makeVenv,
  programOf,
  versionOf,
  type VenvName,
} from '../test/interop/venvs.ts'
import type { Measured } from './bench.ts'
import { feed } from './target.ts'
import {
  jsonCountQuery,
  postgresStore,
  removeDatabase,
  type Store,
  type Warehouse,
} from './warehouse.ts'

const VENVS = process.env['BENCH_VENVS'] ?? join(tmpdir(), 'tap-customerio-bench-venvs')

/** A program that loads the file into its own store. */
export interface Loader extends Store {
  title: string
  load: (path: string) => Promise<Measured>
}

/** A third-party target. */
export interface Peer extends Store {
  venv: VenvName
  program: string
  settings: JsonObject
  /** Extra settings, as the table names them. */
  variant?: string
}

/** MeltanoLabs' target is measured with its defaults, and with its faster COPY. */
export function postgresPeers({ url }: Warehouse): Peer[] {
  const database = databaseOf(url)
  const common = { program: 'target-postgres', ...postgresStore(url, POSTGRES_SCHEMA) }
  const meltano = postgresSettings(database, 'database')
  return [
    { ...common, venv: 'meltanolabs-target-postgres', settings: meltano },
    {
      ...common,
      venv: 'meltanolabs-target-postgres',
      settings: { ...meltano, use_copy: true, 'dialect+driver': 'postgresql+psycopg' },
      variant: 'use_copy',
    },
    {
      ...common,
      venv: 'pipelinewise-target-postgres',
      settings: postgresSettings(database, 'dbname'),
    },
  ]
}

export function duckdbPeers({ folder }: Warehouse): Peer[] {
  const venv = 'target-duckdb'
  const path = join(folder, 'peer.duckdb')
  const python = programOf(venv, 'python', VENVS)
  return [
    {
      venv,
      program: 'target-duckdb',
      settings: duckdbSettings(path),
      reset: () => removeDatabase(path),
      rows: async () =>
        Number((await duckdbRows(python, path, jsonCountQuery(DUCKDB_SCHEMA)))[0]?.['loaded']),
    },
  ]
}

/** The last line, which names the error in most programs. */
function lastLine(text: string): string {
  return text.trimEnd().split('\n').at(-1) ?? ''
}

/** Prints one line with the peer that is not measured, and the reason. */
export function reportSkipped(title: string, error: unknown): void {
  const reason = lastLine(error instanceof Error ? error.message : String(error))
  console.log(`\nWithout ${title}: ${reason}`)
}

async function loaderOf(peer: Peer, folder: string): Promise<Loader> {
  const { venv, program, settings, variant, reset, rows } = peer
  const version = await versionOf(venv, VENVS)
  const title = [venv, version, ...(variant === undefined ? [] : [`(${variant})`])].join(' ')
  const config = join(folder, `${title}.json`)
  await writeFile(config, JSON.stringify(settings))
  const load = async (path: string) => {
    const logPath = join(folder, `${title}.log`)
    const log = await open(logPath, 'w')
    const command = [programOf(venv, program, VENVS), '--config', config] as const
    try {
      return await feed(command, path, { stderr: log.fd })
    } catch (cause) {
      throw new Error(lastLine(await readFile(logPath, 'utf8')), { cause })
    } finally {
      await log.close()
    }
  }
  return { title, load, reset, rows }
}

/** The environments that exist or were created. Reports those that could not be created. */
async function install(names: ReadonlySet<VenvName>): Promise<Set<VenvName>> {
  const made = new Set<VenvName>()
  try {
    await assertPython()
    await mkdir(VENVS, { recursive: true })
  } catch (error) {
    reportSkipped([...names].join(', '), error)
    return made
  }
  for (const name of names) {
    try {
      await makeVenv(VENVS, name)
      made.add(name)
    } catch (error) {
      reportSkipped(name, error)
    }
  }
  return made
}

/** The peers that can run on this machine. */
export async function loadersOf(peers: readonly Peer[], folder: string): Promise<Loader[]> {
  const made = await install(new Set(peers.map(({ venv }) => venv)))
  const present = peers.filter(({ venv }) => made.has(venv))
  return Promise.all(present.map((peer) => loaderOf(peer, folder)))
}
