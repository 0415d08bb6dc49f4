import { spawnSync } from 'node:child_process'
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { render, sql, STANDARD_STYLE, type Sql } from '../src/warehouses/sql.ts'
import { insertStaged, updateStaged } from '../src/warehouses/postgres/merge.ts'
import { createIndex } from '../src/warehouses/postgres/tables/indexes.ts'
import { typedKeys } from '../src/warehouses/postgres/typed-keys.ts'
import { createStage, createTable, dropStage, STAGE } from '../src/warehouses/postgres/sql.ts'
import type { Bench, Measured } from './bench.ts'
import { STEP } from './floor-step.ts'
import { withServer, type Server } from './postgres.ts'
import { RECORDS, withFolder, writeRecords } from './records.ts'
import { feed, growthFigures, loadFile, ratioFigure, RUNS, type Pair } from './target.ts'

const FLOOR_SCHEMA = 'floor'
const FLOOR_TABLE = [FLOOR_SCHEMA, STEP.table] as const
const AT_MOST = { news: 1.15, sames: 1.05 }
const MEGABYTES = 250

function text(statement: Sql): string {
  return `${render(statement, STANDARD_STYLE).text};\n`
}

const COLUMNS = STEP.columns.map(({ name }) => `"${name}"`).join(', ')
/** psql's own `\copy` reads stdin. The SQL statement would read the script. */
const COPY_HERE = `\\copy ${STAGE.join('.')} (${COLUMNS}) from pstdin\n`

/**
 * The psql script for one load: COPY from stdin into a staging table, then the same merge as our
 * target.
 */
function floorScript(): string {
  return [
    sql`begin`,
    createStage(STEP.columns),
    COPY_HERE,
    updateStaged(FLOOR_TABLE, STEP) ?? sql`select`,
    insertStaged(FLOOR_TABLE, STEP),
    dropStage(),
    sql`commit`,
  ]
    .map((statement) => (typeof statement === 'string' ? statement : text(statement)))
    .join('')
}

/** Writes the COPY file: the rows that our own load stored, in table order. */
async function writeReady(server: Server, folder: string, path: string): Promise<string> {
  await loadFile(server.url, path)
  const ready = join(folder, 'ready.copy')
  const copied = spawnSync('psql', [
    server.url,
    '-qXc',
    `\\copy public.events (${COLUMNS}) to '${ready}'`,
  ])
  if (copied.status !== 0) throw new Error(copied.stderr.toString())
  return ready
}

async function pairOf(
  server: Server,
  script: string,
  files: { path: string; ready: string },
): Promise<Pair> {
  const ours = await loadFile(server.url, files.path)
  const floor = await feed(
    ['psql', server.url, '-qX', '-v', 'ON_ERROR_STOP=1', '-f', script],
    files.ready,
  )
  return { ours, floorSeconds: floor.wallSeconds }
}

/** Empties both schemas. The floor's table gets the same index as ours. */
async function resetTables(server: Server): Promise<void> {
  await server.reset('public')
  await server.reset(FLOOR_SCHEMA)
  await server.psql(text(createTable(FLOOR_TABLE, STEP.columns)))
  await server.psql(text(createIndex(FLOOR_TABLE, typedKeys(STEP))))
}

async function measureServer(server: Server, folder: string) {
  const path = await writeRecords(folder, RECORDS)
  const tenth = await writeRecords(folder, RECORDS / 10)
  const ready = await writeReady(server, folder, path)
  const script = join(folder, 'floor.sql')
  await writeFile(script, floorScript())
  const [news, sames, tenths]: [Pair[], Pair[], Measured[]] = [[], [], []]
  for (let run = 0; run < RUNS; run++) {
    await resetTables(server)
    news.push(await pairOf(server, script, { path, ready }))
    sames.push(await pairOf(server, script, { path, ready }))
    await server.reset('public')
    tenths.push(await loadFile(server.url, tenth))
  }
  const floor = 'psql’s COPY and the same merge'
  return [
    ratioFigure(`new keys: wall / ${floor}`, news, AT_MOST.news),
    ratioFigure(`existing keys: wall / ${floor}`, sames, AT_MOST.sames),
    ...growthFigures(
      news.map(({ ours }) => ours),
      tenths,
      MEGABYTES,
    ),
  ]
}

/** Loads the same file twice into a new server: first all keys are new, then all exist. */
export const TARGET_POSTGRES: Bench = {
  name: 'target-postgres',
  title: `${RECORDS} records into PostgreSQL`,
  run: () => withFolder((folder) => withServer((server) => measureServer(server, folder))),
}
