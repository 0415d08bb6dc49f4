/**
 * The targets of others that ours is measured against, installed by pip as for the interop checks.
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

/** A program that loads the file into a store of its own. */
export interface Loader extends Store {
  title: string
  load: (path: string) => Promise<Measured>
}

/** A target of others. */
export interface Peer extends Store {
  venv: VenvName
  program: string
  settings: JsonObject
  /** Settings besides those that say where to load to, as the table shows them. */
  variant?: string
}

/** MeltanoLabs' target is measured as it comes, and with its quicker way to write. */
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

/** Where programs say what went wrong. */
function lastLine(text: string): string {
  return text.trimEnd().split('\n').at(-1) ?? ''
}

/** Says in one line that a peer is not measured, and why. */
export function sayLeftOut(title: string, error: unknown): void {
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
    const said = join(folder, `${title}.log`)
    const log = await open(said, 'w')
    const command = [programOf(venv, program, VENVS), '--config', config] as const
    try {
      return await feed(command, path, { stderr: log.fd })
    } catch (cause) {
      throw new Error(lastLine(await readFile(said, 'utf8')), { cause })
    } finally {
      await log.close()
    }
  }
  return { title, load, reset, rows }
}

/** The names of the environments that are there or could be made; says which could not. */
async function install(names: ReadonlySet<VenvName>): Promise<Set<VenvName>> {
  const made = new Set<VenvName>()
  try {
    await assertPython()
    await mkdir(VENVS, { recursive: true })
  } catch (error) {
    sayLeftOut([...names].join(', '), error)
    return made
  }
  for (const name of names) {
    try {
      await makeVenv(VENVS, name)
      made.add(name)
    } catch (error) {
      sayLeftOut(name, error)
    }
  }
  return made
}

/** The peers that can be run here. */
export async function loadersOf(peers: readonly Peer[], folder: string): Promise<Loader[]> {
  const made = await install(new Set(peers.map(({ venv }) => venv)))
  const present = peers.filter(({ venv }) => made.has(venv))
  return Promise.all(present.map((peer) => loaderOf(peer, folder)))
}
