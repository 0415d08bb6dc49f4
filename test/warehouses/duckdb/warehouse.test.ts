import assert from 'node:assert/strict'
import { readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { test, type TestContext } from 'node:test'
import { DuckDBInstance } from '@duckdb/node-api'
import { AppError } from '../../../src/errors.ts'
import { Logger } from '../../../src/logger.ts'
import { cellsOf } from '../../../src/loader/columns/cells.ts'
import type { Cell } from '../../../src/loader/schema/types.ts'
import type { FoundTable, Warehouse } from '../../../src/loader/warehouse.ts'
import type { WriteStep } from '../../../src/loader/commit-unit.ts'
import type { ColumnType } from '../../../src/loader/schema/types.ts'
import { createWarehouse } from '../../../src/warehouses/index.ts'
import { temporaryFolder } from '../../support/programs.ts'

const logger = new Logger({
  name: 'test',
  level: 'critical',
  format: 'plain',
  write: () => undefined,
})

async function openWarehouse(t: TestContext, path: string): Promise<Warehouse> {
  const options = {
    url: `duckdb:${path}`,
    schema: undefined,
    tablePrefix: '',
    isReadOnly: false,
    logger,
  }
  const warehouse = await createWarehouse(options)
  await warehouse.open()
  t.after(() => warehouse.close())
  return warehouse
}

async function query(path: string, sql: string): Promise<unknown[][]> {
  const instance = await DuckDBInstance.create(path)
  const connection = await instance.connect()
  try {
    return (await connection.runAndReadAll(sql)).getRowsJson()
  } finally {
    connection.disconnectSync()
    instance.closeSync()
  }
}

function writeStep(columns: [string, ColumnType, Cell[]][]): WriteStep {
  return {
    kind: 'write',
    table: 't',
    columns: columns.map(([name, type, cells]) => ({ name, type, cells: cellsOf(type, cells) })),
    rowCount: columns[0]?.[2].length ?? 0,
    keys: [],
    deleteWhereSet: undefined,
  }
}

test('stores and returns cells of every type, at the limits of vectors and ranges', async (t) => {
  const path = join(await temporaryFolder(t), 'a.duckdb')
  const warehouse = await openWarehouse(t, path)
  const edge: [ColumnType, Cell[], string[]][] = [
    [{ kind: 'boolean' }, [true, false], ['true', 'false']],
    [
      { kind: 'integer' },
      [
        0,
        -1,
        4294967296,
        -4294967297,
        9007199254740991,
        -9007199254740991,
        9223372036854775807n,
        -9223372036854775808n,
      ],
      [
        '0',
        '-1',
        '4294967296',
        '-4294967297',
        '9007199254740991',
        '-9007199254740991',
        '9223372036854775807',
        '-9223372036854775808',
      ],
    ],
    [{ kind: 'decimal', precision: 4, scale: 2 }, [1n, -9999n], ['0.01', '-99.99']],
    [{ kind: 'decimal', precision: 9, scale: 0 }, [999999999n, -1n], ['999999999', '-1']],
    [{ kind: 'decimal', precision: 18, scale: 9 }, [-1n], ['-0.000000001']],
    [
      { kind: 'decimal', precision: 38, scale: 0 },
      [10n ** 38n - 1n, -(10n ** 38n) + 1n, 1n << 64n],
      ['9'.repeat(38), `-${'9'.repeat(38)}`, '18446744073709551616'],
    ],
    [{ kind: 'number' }, [0.1, 1e300, 5e-324], ['0.1', '1e+300', '5e-324']],
    [{ kind: 'date' }, [0, -719162, 2932896], ['1970-01-01', '0001-01-01', '9999-12-31']],
    [{ kind: 'time' }, [0, 86_399_999_999], ['00:00:00', '23:59:59.999999']],
    [
      { kind: 'timestamp' },
      [0, -62_135_596_800_000_000n, 253_402_300_799_999_999n],
      ['1970-01-01 00:00:00+00', '0001-01-01 00:00:00+00', '9999-12-31 23:59:59.999999+00'],
    ],
    [
      { kind: 'text' },
      ['', 'twelve bytes', 'thirteen byte', 'é', 'nul\u0000in it', '🎉'.repeat(20)],
      ['', 'twelve bytes', 'thirteen byte', 'é', 'nul\u0000in it', '🎉'.repeat(20)],
    ],
  ]
  for (const [at, [type, some, texts]] of edge.entries()) {
    // More rows than one vector holds, with nulls, also in the last row.
    const cells = Array.from({ length: 5000 }, (_, row) =>
      row % 3 === 2 ? null : (some[row % some.length] ?? null),
    )
    const table = `t${at}`
    const step = { ...writeStep([['c', type, cells]]), table }
    const changes = [{ kind: 'create-table' as const, table, columns: [{ name: 'c', type }] }]
    await warehouse.commit({ changes, steps: [step] })
    const expected = cells.map((cell, row) =>
      cell === null ? null : (texts[row % some.length] ?? null),
    )
    await warehouse.close()
    const found = await query(
      path,
      `set timezone = 'UTC'; select cast(c as varchar) from ${table} order by rowid`,
    )
    assert.deepEqual(
      found.map(([text]) => text),
      expected,
      type.kind,
    )
    await warehouse.open()
  }
})

/**
 * Texts around the size up to which DuckDB keeps them in place, some far apart in memory, as rows
 * that came twice leave them.
 */
function scatteredTexts(): Cell[] {
  return Array.from({ length: 4500 }, (_, row) => {
    if (row % 11 === 0) return null
    const size = row > 4000 ? 3000 : row % 16
    return `${['', 'é', '🎉', 'plain text'][row % 4]}${String(row).padEnd(size, 'x')}`
  })
}

test('stores and returns long and short strings, also of rows that were written twice', async (t) => {
  const path = join(await temporaryFolder(t), 'a.duckdb')
  const warehouse = await openWarehouse(t, path)
  const texts = scatteredTexts()
  const step = writeStep([['c', { kind: 'text' }, texts]])
  const [column] = step.columns
  for (let row = 0; row < texts.length; row += 7) {
    column?.cells.copy(texts.length - 1 - row, row)
    texts[row] = texts[texts.length - 1 - row] ?? null
  }
  const changes = [
    {
      kind: 'create-table' as const,
      table: 't',
      columns: [{ name: 'c', type: { kind: 'text' as const } }],
    },
  ]
  await warehouse.commit({ changes, steps: [step] })
  await warehouse.close()
  const found = await query(path, 'select c from t order by rowid')
  assert.deepEqual(found.flat(), texts)
})

/** The names and types of a table. */
function shapesOf(tables: readonly FoundTable[]) {
  return tables.map(({ name, columns }) => {
    return { name, columns: columns.map((column) => ({ name: column.name, type: column.type })) }
  })
}

test('a unit that fails leaves nothing, not even a table', async (t) => {
  const path = join(await temporaryFolder(t), 'a.duckdb')
  const warehouse = await openWarehouse(t, path)
  const columns = [{ name: 'c', type: { kind: 'integer' as const } }]
  const good = { ...writeStep([['c', { kind: 'integer' }, [1]]]), table: 't' }
  const bad = { ...good, table: 'nowhere' }
  const changes = [{ kind: 'create-table' as const, table: 't', columns }]
  await assert.rejects(warehouse.commit({ changes, steps: [good, bad] }), (error) => {
    return (
      error instanceof AppError &&
      error.code === 'WAREHOUSE_FAILED' &&
      warehouse.classify(error) === 'final'
    )
  })
  assert.deepEqual(await warehouse.describe(''), [])
  await warehouse.commit({ changes, steps: [good] })
  assert.deepEqual(shapesOf(await warehouse.describe('T')), [{ name: 't', columns }])
})

test('describes foreign types and what they widen to', async (t) => {
  const path = join(await temporaryFolder(t), 'a.duckdb')
  await query(
    path,
    `create table t (a integer, b timestamp, c enum('it''s'), d struct(e int), f uuid, g decimal(5, 2) not null,
      h integer generated always as (a + 1), "h ""i""" integer generated always as (a + 2))`,
  )
  const warehouse = await openWarehouse(t, path)
  const [table] = await warehouse.describe('')
  assert.deepEqual(
    table?.columns.map(({ type, widensTo }) => [type?.kind, widensTo?.kind]),
    [
      [undefined, 'integer'],
      [undefined, 'timestamp'],
      [undefined, undefined],
      [undefined, undefined],
      [undefined, undefined],
      ['decimal', undefined],
      [undefined, undefined],
      [undefined, undefined],
    ],
  )
  assert.deepEqual(
    table?.columns.map(({ native, isRequired }) => [native?.name, isRequired]),
    [
      ['INTEGER', undefined],
      ['TIMESTAMP', undefined],
      [`ENUM('it''s')`, undefined],
      ['STRUCT(e INTEGER)', undefined],
      ['UUID', undefined],
      ['DECIMAL(5,2)', true],
      [undefined, undefined],
      [undefined, undefined],
    ],
  )
})

test('names a file that is not a database, and leaves it unchanged', async (t) => {
  const path = join(await temporaryFolder(t), 'a.duckdb')
  await writeFile(path, 'this is no database, but somebody may want it')
  await assert.rejects(openWarehouse(t, path), (error) => {
    assert.ok(error instanceof AppError && error.code === 'WAREHOUSE_FAILED')
    assert.match(error.fullText, /could not be opened .*The file was left as it is/)
    return true
  })
  assert.equal(await readFile(path, 'utf8'), 'this is no database, but somebody may want it')
})

test('accepts options in the URL, and a path with blanks and escapes', async (t) => {
  const folder = await temporaryFolder(t)
  const warehouse = await openWarehouse(
    t,
    `${folder}/my%20file.duckdb?threads=1&memory_limit=200MB`,
  )
  await warehouse.check('x_')
  await warehouse.close()
  assert.deepEqual(
    await query(join(folder, 'my file.duckdb'), 'select count(*) from duckdb_tables()'),
    [['0']],
  )
})

test('names an option whose value DuckDB does not accept', async (t) => {
  const path = join(await temporaryFolder(t), 'warehouse.duckdb')
  for (const [options, text] of [
    ['threads=0', /value of `threads` in `warehouse_url`\. .* of at least 1/],
    ['memory_limit=', /value of `memory_limit` in/],
    ['memory_limit=2XB&threads=1', /one of `memory_limit`, `threads` in/],
  ] as const) {
    const warehouse = await createWarehouse({
      url: `duckdb:${path}?${options}`,
      schema: undefined,
      tablePrefix: '',
      isReadOnly: false,
      logger: new Logger({ name: 'test', level: 'info', format: 'plain', write: () => undefined }),
    })
    await assert.rejects(warehouse.open(), (error: AppError) => {
      assert.equal(error.code, 'CONFIG_INVALID')
      assert.match(error.fullText, text)
      return true
    })
    await warehouse.close()
  }
})

test('accepts a schema with the name of the file', async (t) => {
  const path = join(await temporaryFolder(t), 'marketing.duckdb')
  const warehouse = await createWarehouse({
    url: `duckdb:${path}`,
    schema: 'marketing',
    tablePrefix: '',
    isReadOnly: false,
    logger,
  })
  await warehouse.open()
  t.after(() => warehouse.close())
  const columns = [{ name: 'c', type: { kind: 'integer' as const } }]
  const changes = [{ kind: 'create-table' as const, table: 't', columns }]
  await warehouse.commit({ changes, steps: [writeStep([['c', { kind: 'integer' }, [1]]])] })
  assert.deepEqual(shapesOf(await warehouse.describe('')), [{ name: 't', columns }])
})
