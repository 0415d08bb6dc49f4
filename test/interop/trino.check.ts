/**
 * Trino, another engine, reads and rewrites the Iceberg tables that we load. Needs the servers of
 * test/support/iceberg/run.sh, and TRINO_HOME: the folder in which test/interop/trino.sh has put
 * Trino.
 */

import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { test, type TestContext } from 'node:test'
import { ICEBERG_UNDER_TEST } from '../conformance/support/iceberg.ts'
import { loadText } from '../conformance/support/loading.ts'
import { freePort } from '../support/postgres-server.ts'
import { temporaryFolder } from '../support/programs.ts'
import { until } from '../support/wait.ts'

const { TRINO_HOME, TEST_ICEBERG_CATALOG, AWS_ENDPOINT_URL } = process.env
const skip =
  (TRINO_HOME === undefined || TEST_ICEBERG_CATALOG === undefined) &&
  'TRINO_HOME or TEST_ICEBERG_CATALOG is not set'

const HEADERS = {
  'X-Trino-User': 'test',
  'X-Trino-Catalog': 'iceberg',
  'X-Trino-Schema': 'public',
  'X-Trino-Time-Zone': 'UTC',
  'X-Trino-Client-Capabilities': 'PARAMETRIC_DATETIME',
}

interface Page {
  data?: unknown[][]
  nextUri?: string
  error?: { message: string }
}

type Query = (statement: string) => Promise<unknown[][]>

function clientOf(port: number): Query {
  return async (statement) => {
    const rows: unknown[][] = []
    let response = await fetch(`http://127.0.0.1:${port}/v1/statement`, {
      method: 'POST',
      headers: HEADERS,
      body: statement,
    })
    for (;;) {
      const page = (await response.json()) as Page
      if (page.error) throw new Error(page.error.message)
      rows.push(...(page.data ?? []))
      if (page.nextUri === undefined) return rows
      response = await fetch(page.nextUri, { headers: HEADERS })
    }
  }
}

async function configure(folder: string, port: number, warehouse: string): Promise<void> {
  await mkdir(join(folder, 'catalog'), { recursive: true })
  const files: Record<string, string[]> = {
    'log.properties': ['io.trino=ERROR'],
    'config.properties': [
      'coordinator=true',
      'node-scheduler.include-coordinator=true',
      `http-server.http.port=${port}`,
      `discovery.uri=http://127.0.0.1:${port}`,
      'query.max-memory=1GB',
      'query.max-memory-per-node=1GB',
      'catalog.management=static',
    ],
    'catalog/iceberg.properties': [
      'connector.name=iceberg',
      'iceberg.catalog.type=rest',
      `iceberg.rest-catalog.uri=${TEST_ICEBERG_CATALOG}`,
      `iceberg.rest-catalog.warehouse=${warehouse}`,
      'fs.native-s3.enabled=true',
      `s3.endpoint=${AWS_ENDPOINT_URL}`,
      's3.region=us-east-1',
      's3.path-style-access=true',
      's3.aws-access-key=test',
      's3.aws-secret-key=test',
    ],
  }
  for (const [name, lines] of Object.entries(files)) {
    await writeFile(join(folder, name), `${lines.join('\n')}\n`)
  }
}

/** Starts Trino without its launcher, on loopback only. It ends with the test. */
async function startTrino(t: TestContext, warehouse: string): Promise<Query> {
  const folder = await temporaryFolder(t)
  const port = await freePort()
  await configure(folder, port, warehouse)
  const trino = join(TRINO_HOME ?? '', 'trino')
  const child = spawn(
    join(TRINO_HOME ?? '', 'java/bin/java'),
    [
      '-Xmx2G',
      '-XX:+UseG1GC',
      '-Djdk.attach.allowAttachSelf=true',
      '--enable-native-access=ALL-UNNAMED',
      '--sun-misc-unsafe-memory-access=allow',
      '-Dnode.environment=test',
      '-Dnode.id=test',
      `-Dnode.data-dir=${folder}`,
      '-Dnode.bind-ip=127.0.0.1',
      '-Dnode.internal-address=127.0.0.1',
      `-Dconfig=${folder}/config.properties`,
      `-Dlog.levels-file=${folder}/log.properties`,
      `-Dcatalog.config-dir=${folder}/catalog`,
      `-Dplugin.dir=${trino}/plugin`,
      '-cp',
      `${trino}/lib/*`,
      'io.trino.server.TrinoServer',
    ],
    { cwd: folder, stdio: 'ignore' },
  )
  const exited = once(child, 'exit')
  t.after(async () => {
    child.kill('SIGKILL')
    await exited
  })
  const isReady = async () =>
    fetch(`http://127.0.0.1:${port}/v1/info`).then(
      async (response) => !((await response.json()) as { starting: boolean }).starting,
      () => false,
    )
  await until(isReady, { what: 'Trino to start', idleMs: 30_000 })
  return clientOf(port)
}

const PROPERTIES: Record<string, object> = {
  id: { type: 'integer' },
  name: { type: ['null', 'string'] },
  at: { type: ['null', 'string'], format: 'date-time' },
  day: { type: ['null', 'string'], format: 'date' },
  time: { type: ['null', 'string'], format: 'time' },
  amount: { type: ['null', 'number'], multipleOf: 1e-9 },
  score: { type: ['null', 'number'] },
  ok: { type: ['null', 'boolean'] },
  doc: { type: ['null', 'object'] },
}

/** What Trino shows of each column, in the form in which the records have it. */
const SHOWN: Record<string, string> = {
  id: 'cast("id" as varchar)',
  name: '"name"',
  at: `replace(replace(cast("at" at time zone 'UTC' as varchar), ' UTC', 'Z'), ' ', 'T')`,
  day: 'cast("day" as varchar)',
  time: 'cast("time" as varchar)',
  amount: 'cast("amount" as varchar)',
  score: 'cast("score" as varchar)',
  ok: 'cast("ok" as varchar)',
  doc: '"doc"',
}

type Row = Record<string, unknown>

function rowOf(id: number, version: string): Row {
  return {
    id,
    name: id % 7 === 0 ? null : `${version} ${id} é😀"',\n`,
    at: `2026-01-02T03:04:05.${String(100_000 + id)}Z`,
    day: id % 2 === 0 ? '9999-12-31' : '0001-01-01',
    time: '23:59:59.999999',
    amount: `${id}.123456789`,
    score: id + 0.5,
    ok: id % 3 === 0,
    doc: { a: [id, null, { b: version }] },
  }
}

function linesOf(rows: readonly Row[], properties: object): string {
  const schema = { type: 'SCHEMA', stream: 's', schema: { properties }, key_properties: ['id'] }
  const lines = rows.map((record) => JSON.stringify({ type: 'RECORD', stream: 's', record }))
  // The digits as they are, because a double would round them.
  const text = lines.join('\n').replaceAll(/"amount":"([\d.]+)"/g, '"amount":$1')
  return `${JSON.stringify(schema)}\n${text}\n`
}

function expectedCell(name: string, value: unknown): unknown {
  if (value === null || value === undefined) return null
  if (name === 'doc') return JSON.stringify(value)
  if (name === 'score' && typeof value === 'number') return value.toExponential()
  return typeof value === 'string' ? value : JSON.stringify(value)
}

/** Compares every row and value, in the order of the ids. */
async function assertSame(query: Query, rows: Map<number, Row>, step: string): Promise<void> {
  const names = Object.keys(SHOWN)
  const found = await query(
    `select ${names.map((name) => SHOWN[name]).join(', ')} from s order by s.id`,
  )
  const shown = found.map((row) =>
    row.map((cell, at) =>
      names[at] === 'score' && cell !== null ? Number(cell).toExponential() : cell,
    ),
  )
  const expected = [...rows.values()]
    .toSorted((a, b) => Number(a['id']) - Number(b['id']))
    .map((row) => names.map((name) => expectedCell(name, row[name])))
  assert.deepEqual(shown, expected, step)
}

function range(from: number, to: number): number[] {
  return Array.from({ length: to - from }, (_, at) => from + at)
}

test('Trino reads every value, and rewrites the tables between two loads', { skip }, async (t) => {
  const { url } = await ICEBERG_UNDER_TEST.create(t)
  const warehouse = new URL(url.replace(/^iceberg:/, '')).searchParams.get('warehouse') ?? ''
  const query = await startTrino(t, warehouse)
  const rows = new Map<number, Row>()
  const load = async (
    changed: readonly Row[],
    { properties = PROPERTIES, ...config }: { properties?: object; hard_delete?: boolean } = {},
  ) => {
    const { error } = await loadText({ url, text: linesOf(changed, properties), config })
    assert.equal(error, undefined, String(error))
    for (const row of changed) {
      if (row['_sdc_deleted_at'] === undefined) rows.set(Number(row['id']), row)
      else rows.delete(Number(row['id']))
    }
  }
  await load(range(0, 2000).map((id) => rowOf(id, 'inserted')))
  await assertSame(query, rows, 'after inserts')
  await load(range(1000, 3000).map((id) => rowOf(id, 'updated')))
  await assertSame(query, rows, 'after updates')
  const deleted = { _sdc_deleted_at: '2026-01-01T00:00:00Z' }
  await load(
    range(500, 700).map((id) => ({ ...rowOf(id, 'deleted'), ...deleted })),
    {
      hard_delete: true,
      properties: {
        ...PROPERTIES,
        _sdc_deleted_at: { type: ['null', 'string'], format: 'date-time' },
      },
    },
  )
  await assertSame(query, rows, 'after deletes')
  const properties = { ...PROPERTIES, ok: { type: ['null', 'string'] }, more: { type: 'string' } }
  const odd = (id: number) => ({ ...rowOf(id, 'changed'), ok: 'perhaps', more: 'x' })
  await load(range(2990, 3010).map(odd), { properties })
  await assertSame(query, rows, 'after a column was added and another one rewritten')
  await query('alter table s execute optimize')
  await assertSame(query, rows, 'after Trino rewrote the files')
  await query(`update s set name = 'by Trino' where id = 10`)
  rows.set(10, { ...rowOf(10, ''), name: 'by Trino', doc: { a: [10, null, { b: 'inserted' }] } })
  await load(range(3000, 3020).map(odd), { properties })
  await assertSame(query, rows, 'after a load into what Trino wrote')
  assert.deepEqual(await query('select count(*), max(load_number) from _sdc_loads'), [[5, 5]])
})
