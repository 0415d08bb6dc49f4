/** Keys that are too long for an index. */

import assert from 'node:assert/strict'
import { createHash } from 'node:crypto'
import { test } from 'node:test'
import { AppError } from '../../../src/errors.ts'
import { freshSchema, query } from '../../conformance/support/postgres.ts'
import { loadText } from '../../conformance/support/loading.ts'

/** Digits that do not compress. */
function digits(count: number, seed: string): string {
  let text = ''
  for (let i = 0; text.length < count; i++) {
    const hash = createHash('sha256').update(`${seed} ${i}`).digest('hex')
    text += BigInt(`0x${hash}`).toString()
  }
  return `1${text.slice(0, count - 1)}`
}

const TYPES: Record<string, unknown> = {
  number: { type: 'number' },
  text: { type: 'string' },
  json: {},
  integer: { type: 'integer' },
  decimal: { type: 'number', multipleOf: 1e-9 },
}

function inputOf(types: readonly string[], rows: readonly string[][]): string {
  const names = types.map((_type, at) => `k${at}`)
  const properties = Object.fromEntries(names.map((name, at) => [name, TYPES[types[at] ?? '']]))
  const schema = {
    type: 'SCHEMA',
    stream: 's',
    schema: { properties: { ...properties, v: { type: 'string' } } },
    key_properties: names,
  }
  const records = rows.map((row) => {
    const keys = names.map((name, at) => `"${name}":${row[at]}`)
    return `{"type":"RECORD","stream":"s","record":{${keys.join()},"v":"${row.at(-1)}"}}\n`
  })
  return `${JSON.stringify(schema)}\n${records.join('')}`
}

const BIG = 12_000
const text = (seed: string) => `"${digits(BIG, seed)}"`
const CASES: [name: string, types: string[], a: string[], b: string[]][] = [
  ['numbers of 5,500 digits', ['number'], [digits(5500, 'a')], [digits(5500, 'b')]],
  ['numbers of 131,072 digits', ['number'], [digits(131_072, 'a')], [digits(131_072, 'b')]],
  ['small fractions', ['number'], [`0.${digits(9000, 'a')}`], [`-0.${digits(9000, 'a')}`]],
  ['strings', ['text'], [text('a')], [text('b')]],
  ['a number and a string', ['number', 'text'], [digits(BIG, 'a'), text('a')], ['1', text('a')]],
  [
    'many numbers, long together',
    Array.from({ length: 30 }, () => 'number'),
    Array.from({ length: 30 }, (_, at) => digits(300, `a${at}`)),
    Array.from({ length: 30 }, (_, at) => digits(300, `b${at}`)),
  ],
  [
    'many strings, long together',
    Array.from({ length: 32 }, () => 'text'),
    Array.from({ length: 32 }, (_, at) => `"${'€'.repeat(200)}${at}"`),
    Array.from({ length: 32 }, (_, at) => `"${'€'.repeat(200)}x${at}"`),
  ],
  [
    'a string and many decimals, long together',
    ['text', ...Array.from({ length: 31 }, () => 'decimal')],
    [`"${'🦊'.repeat(600)}"`, ...Array.from({ length: 31 }, (_, at) => `${digits(28, `${at}`)}.1`)],
    [`"${'🦊'.repeat(601)}"`, ...Array.from({ length: 31 }, (_, at) => `${digits(28, `${at}`)}.1`)],
  ],
  ['JSON', ['json'], [`{"a":${digits(BIG, 'a')}}`], [`[${text('a')}]`]],
  ['JSON that is a number or a string', ['json'], [digits(BIG, 'a')], [text('a')]],
  ['integers in a second column', ['integer'], [digits(BIG, 'a')], ['1']],
]

for (const [name, types, a, b] of CASES) {
  test(`loads keys that are too long for an index: ${name}`, async (t) => {
    const { schema, url } = await freshSchema(t)
    const config = { batch_size_rows: 1 }
    for (const [round, rows] of [
      [
        [...a, 'first'],
        [...b, 'first'],
      ],
      [
        [...b, 'second'],
        [...a, 'second'],
      ],
    ].entries()) {
      const { error } = await loadText({ url, config, text: inputOf(types, rows) })
      assert.equal(error, undefined, `${round}: ${String(error)}`)
      const found = await query(`select v from ${schema}.s`)
      assert.deepEqual(
        found.map(([v]) => v),
        Array.from({ length: 2 }, () => (round === 0 ? 'first' : 'second')),
      )
    }
  })
}

test('finds 1, 1.0 and 1e0 as one key through the index', async (t) => {
  const { schema, url } = await freshSchema(t)
  for (const spelling of ['1', '1.0', '1e0', '1.000000000000000000000000'])
    await loadText({ url, text: inputOf(['number'], [[spelling, spelling]]) })
  const [index] = await query(`select indexdef from pg_indexes where schemaname = '${schema}'`)
  assert.match(index?.[0] ?? '', /hash_numeric_extended\(k0/)
  assert.equal((await query(`select 1 from ${schema}.s`)).length, 1)
})

/** The index of an earlier version, or of a column that was altered. */
async function makePlainIndex(schema: string): Promise<void> {
  const [[name] = []] = await query(
    `select indexname from pg_indexes where schemaname = '${schema}' and tablename = 's'`,
  )
  await query(`drop index ${schema}.${name}; create index ${name} on ${schema}.s (k0)`)
}

for (const type of ['number', 'text']) {
  test(`replaces our index that holds whole values (${type})`, async (t) => {
    const { schema, url } = await freshSchema(t)
    const key = type === 'text' ? text('a') : digits(BIG, 'a')
    const short = type === 'text' ? '"1"' : '1'
    await loadText({ url, text: inputOf([type], [[short, 'first']]) })
    await makePlainIndex(schema)
    for (let i = 0; i < 2; i++) {
      const { error } = await loadText({ url, text: inputOf([type], [[key, 'second']]) })
      assert.equal(error, undefined, String(error))
    }
    assert.equal((await query(`select 1 from ${schema}.s`)).length, 2)
    assert.equal((await query(`select 1 from pg_indexes where schemaname = '${schema}'`)).length, 1)
  })
}

for (const [from, to] of [
  ['integer', 'number'],
  ['integer', 'text'],
  ['decimal', 'number'],
] as const) {
  test(`a key that widens from ${from} to ${to} accepts long values and finds its old rows`, async (t) => {
    const { schema, url } = await freshSchema(t)
    await loadText({ url, text: inputOf([from], [['7', 'first']]) })
    const [same, long] = to === 'text' ? ['"7"', text('a')] : ['7', digits(BIG, 'a')]
    for (const v of ['second', 'third']) {
      const rows = [
        [same, v],
        [long, v],
      ]
      const { error } = await loadText({ url, text: inputOf([to], rows) })
      assert.equal(error, undefined, String(error))
    }
    const found = await query(`select left(k0::text, 2), v from ${schema}.s order by 1 desc`)
    assert.deepEqual(
      found.map(([, v]) => v),
      ['third', 'third'],
    )
  })
}

test('widens a key of an emptied table to text next to an expression index of another owner', async (t) => {
  const { schema, url } = await freshSchema(t)
  await loadText({ url, text: inputOf(['number'], [['7', 'first']]) })
  await query(`create index mine on ${schema}.s ((k0 is null)); delete from ${schema}.s`)
  for (const v of ['second', 'third']) {
    const rows = [
      ['"7"', v],
      [text('a'), v],
    ]
    const { error } = await loadText({ url, text: inputOf(['text'], rows) })
    assert.equal(error, undefined, String(error))
  }
  const found = await query(`select left(k0, 2), v from ${schema}.s order by 1`)
  assert.deepEqual(
    found.map(([, v]) => v),
    ['third', 'third'],
  )
})

test('names an index of another owner that a value is too long for', async (t) => {
  const { schema, url } = await freshSchema(t)
  await query(
    `create table ${schema}.s (k0 numeric, v text); create index mine on ${schema}.s (k0)`,
  )
  const { error } = await loadText({ url, text: inputOf(['number'], [[digits(BIG, 'a'), 'x']]) })
  assert.ok(error instanceof AppError, String(error))
  assert.match(error.fullText, /The index "mine" cannot hold values of that length: drop it/)
})
