import assert from 'node:assert/strict'
import { test } from 'node:test'
import { AppError } from '../../../src/errors.ts'
import { CLICKHOUSE_UNDER_TEST, clickhouseQuery } from '../../conformance/support/clickhouse.ts'
import { loadText } from '../../conformance/support/loading.ts'
import { WITHOUT_CLICKHOUSE as skip } from '../../support/clickhouse/chdb.ts'

const INPUT = `{"type":"SCHEMA","stream":"s","schema":{"properties":{"id":{"type":"integer"}}},"key_properties":["id"]}
{"type":"RECORD","stream":"s","record":{"id":1}}
`

test(
  'names a view, a dictionary or a table of another engine that has the name of a table',
  { skip },
  async (t) => {
    const cases: [name: string, create: string, text: RegExp][] = [
      ['s', 'create view s as select 1 as id', /"s" is a view, into which nothing is loaded/],
      [
        's',
        'create materialized view s engine = MergeTree order by () as select 1 as id',
        /"s" is a materialized view/,
      ],
      [
        's',
        'create dictionary s (id UInt64, v UInt64) primary key id source(null()) layout(flat()) lifetime(0)',
        /"s" is a dictionary/,
      ],
      ['s', 'create table s (id Int64) engine = Log', /"s" is a table with the engine Log/],
      ['_sdc_loads', 'create view _sdc_loads as select 1 as id', /"_sdc_loads" is a view/],
    ]
    for (const [name, create, text] of cases) {
      const { url, readAll } = await CLICKHOUSE_UNDER_TEST.create(t)
      await clickhouseQuery(create, new URL(url).pathname.slice(1))
      const { error, stderr } = await loadText({ url, text: INPUT })
      assert.ok(error instanceof AppError, `${create}: ${String(error)}`)
      assert.equal(error.code, 'WAREHOUSE_FAILED')
      assert.match(error.fullText, text)
      assert.match(error.fullText, /Rename it, or set another table_prefix/)
      assert.doesNotMatch(stderr.join(''), /retried/)
      const others = [...(await readAll()).keys()].filter((found) => !found.startsWith('.inner'))
      assert.deepEqual(others, [name])
    }
  },
)
