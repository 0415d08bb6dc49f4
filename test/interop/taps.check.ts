import assert from 'node:assert/strict'
import { mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { test, type TestContext } from 'node:test'
import { printJson, type JsonObject } from '../../src/singer/json.ts'
import {
  WAREHOUSES,
  type PlainRow,
  type TestedWarehouse,
} from '../conformance/support/warehouses.ts'
import { run, temporaryFolder, writeJson } from '../support/programs.ts'
import { freshDatabase, postgresRun, type Database } from './postgres.ts'
import { noteResult } from './results.ts'
import { programOf, type VenvName } from './venvs.ts'
import { command } from './workspace.ts'

/** What a third-party tap reads, and the rows that must be loaded. */
interface Case {
  venv: VenvName
  program: string
  title: string
  prepare: (context: TestContext, folder: string) => Promise<JsonObject>
  /** Selects streams in the discovered catalog, if the tap needs a catalog. */
  select?: (catalog: JsonObject) => void
  table: string
  /** The expected rows, without the ignored columns. */
  rows: PlainRow[]
  /** Expected rows of warehouses that store the values in other columns. */
  exceptions?: Record<string, PlainRow[]>
  /** Columns that describe the tap's own run. */
  ignored: RegExp
}

const PEOPLE = [
  '{"id": 1, "name": "Ada", "nested": {"a": {"b": [1, 2, {"c": null}]}}, "tags": ["x", "y"], "big": 1234567890123456789}',
  '{"id": 2, "name": "Zoë \\ud83d\\ude00 \\"quoted\\"\\n", "nested": {"__proto__": 1}, "tags": [], "big": 5}',
  '{"id": 1, "name": "", "nested": {}, "tags": null, "big": -1}',
]

const SOURCE = `create schema src;
create table src.things (
  id bigint primary key, big numeric(38, 9), doc jsonb, at timestamptz, word text, flag boolean, numbers integer[]
);
insert into src.things values
  (1, 12345678901234567890123456789.123456789, '{"a": {"b": [1, null]}}', '2024-02-29 23:59:59.123456+05', E'tab\\t "q" \\\\', true, '{1,2}'),
  (2, -0.000000001, null, null, '', null, '{}');`

async function sourceDatabase(context: TestContext): Promise<Database> {
  const database = await freshDatabase(context)
  await postgresRun(database, SOURCE)
  return database
}

/** Selects every stream as FULL_TABLE. */
function selectAll(catalog: JsonObject): void {
  for (const stream of catalog['streams'] as JsonObject[]) {
    stream['selected'] = true
    for (const entry of stream['metadata'] as { breadcrumb: string[]; metadata: JsonObject }[]) {
      if (entry.breadcrumb.length > 0) continue
      Object.assign(entry.metadata, { selected: true, 'replication-method': 'FULL_TABLE' })
    }
  }
}

const THINGS = {
  first: {
    id: 1,
    big: '12345678901234567890123456789.123456789',
    doc: { a: { b: [1, null] } },
    at: '2024-02-29T18:59:59.123456Z',
    word: 'tab\t "q" \\',
    flag: true,
    numbers: [1, 2],
  },
  second: { id: 2, big: '-0.000000001', doc: null, at: null, word: '', flag: null, numbers: [] },
}

const CASES: readonly Case[] = [
  {
    venv: 'tap-jsonl',
    program: 'tap-jsonl',
    title: 'nested values, big integers, a repeated key',
    prepare: async (_test, folder) => {
      await writeFile(join(folder, 'people.jsonl'), `${PEOPLE.join('\n')}\n`)
      return { path: join(folder, '*.jsonl'), stream_name: 'people', primary_keys: ['id'] }
    },
    table: 'people',
    ignored: /^_/,
    rows: [
      { id: 1, name: '', nested: {}, tags: null, big: -1 },
      { id: 2, name: 'Zoë 😀 "quoted"\n', nested: { ['__proto__']: 1 }, tags: [], big: 5 },
    ],
  },
  {
    venv: 'tap-csv-folder',
    program: 'tap-csv-folder',
    title: 'strings with quotes and line ends',
    prepare: async (_test, folder) => {
      await mkdir(join(folder, 'csv'))
      const text = 'id,name,price\n1,"a ""quoted"" one",1.50\n2,"two\nlines",\n'
      await writeFile(join(folder, 'csv', 'items.csv'), text)
      return { path: join(folder, 'csv'), read_mode: 'one_stream_per_file', filesystem: 'local' }
    },
    table: 'items',
    ignored: /^_/,
    rows: [
      { id: '1', name: 'a "quoted" one', price: '1.50' },
      { id: '2', name: 'two\nlines', price: '' },
    ],
  },
  {
    venv: 'meltanolabs-tap-postgres',
    program: 'tap-postgres',
    title: 'decimals of 38 digits, documents, lists, times with zones',
    prepare: async (context) => {
      const { name, ...at } = await sourceDatabase(context)
      return { ...at, database: name, filter_schemas: ['src'], json_as_object: true }
    },
    select: selectAll,
    table: 'src-things',
    ignored: /^_/,
    rows: [THINGS.first, { ...THINGS.second, big: -1e-9 }],
    // This tap does not declare the precision. Values that fit a double go into the column, others
    // into the variant column.
    exceptions: {
      duckdb: [
        { ...THINGS.first, big: null, big__text: THINGS.first.big },
        { ...THINGS.second, big: -1e-9, big__text: null },
      ],
    },
  },
  {
    venv: 'pipelinewise-tap-postgres',
    program: 'tap-postgres',
    title: 'versions, recursive schemas, decimals of 38 digits',
    prepare: async (context) => {
      const { name, ...at } = await sourceDatabase(context)
      return { ...at, dbname: name, filter_schemas: 'src' }
    },
    select: selectAll,
    table: 'src-things',
    ignored: /^_/,
    rows: [THINGS.first, THINGS.second],
  },
]

async function messagesOf(one: Case, context: TestContext): Promise<string> {
  const folder = await temporaryFolder(context)
  const path = programOf(one.venv, one.program)
  const config = await writeJson(folder, 'tap.json', await one.prepare(context, folder))
  const args = ['--config', config]
  if (one.select) {
    const discovered = await command(path, [...args, '--discover'])
    assert.equal(discovered.code, 0, discovered.stderr)
    const catalog = JSON.parse(discovered.stdout) as JsonObject
    one.select(catalog)
    args.push('--catalog', await writeJson(folder, 'catalog.json', catalog))
  }
  const read = await command(path, args)
  assert.equal(read.code, 0, read.stderr)
  return read.stdout
}

function comparable(row: PlainRow, ignored: RegExp): PlainRow {
  return Object.fromEntries(Object.entries(row).filter(([name]) => !ignored.test(name)))
}

async function load(warehouse: TestedWarehouse, stdin: string, folder: string): Promise<void> {
  const config = await writeJson(folder, 'target.json', { warehouse_url: warehouse.url })
  const loaded = await run('target-warehouse', { args: ['--config', config], stdin })
  assert.equal(loaded.code, 0, loaded.stderr)
}

function inOrder(rows: readonly PlainRow[]): PlainRow[] {
  return rows.toSorted((a, b) => (printJson(a['id']) < printJson(b['id']) ? -1 : 1))
}

for (const one of CASES) {
  test(`${one.venv} into every warehouse, twice: ${one.title}`, async (t) => {
    const messages = await messagesOf(one, t)
    for (const { name, create } of WAREHOUSES) {
      const warehouse = await create(t)
      const folder = await temporaryFolder(t)
      await load(warehouse, messages, folder)
      await load(warehouse, messages, folder)
      const found = (await warehouse.read(one.table)) ?? []
      const rows = inOrder(found.map((row) => comparable(row, one.ignored)))
      assert.deepEqual(rows, one.exceptions?.[name] ?? one.rows, name)
    }
    const names = WAREHOUSES.map(({ name }) => name).join(', ')
    await noteResult(one.venv, { kind: 'from', outcome: `${one.title} (${names})` })
  })
}
