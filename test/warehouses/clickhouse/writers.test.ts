import assert from 'node:assert/strict'
import { test } from 'node:test'
import { CLICKHOUSE_UNDER_TEST } from '../../conformance/support/clickhouse.ts'
import { loadText } from '../../conformance/support/loading.ts'
import { WITHOUT_CLICKHOUSE as skip } from '../../support/clickhouse/chdb.ts'
import { cuttingProxy } from '../../support/clickhouse/cutting-proxy.ts'

const SCHEMA =
  '{"type":"SCHEMA","stream":"s","schema":{"properties":{"id":{"type":"integer"}}},"key_properties":["id"]}\n'

function record(id: number): string {
  return `{"type":"RECORD","stream":"s","record":{"id":${id}}}\n`
}

test(
  'rows that another program inserts while a commit works on copies stay',
  { skip },
  async (t) => {
    const { url, read, execute } = await CLICKHOUSE_UNDER_TEST.create(t)
    const proxied = new URL(url)
    const proxy = await cuttingProxy(t, Number(proxied.port))
    proxied.port = String(proxy.port)
    const first = await loadText({ url, text: SCHEMA + record(1) })
    assert.equal(first.error, undefined)
    let copied = 0
    proxy.onAnswer = async (statement) => {
      if (!/^alter table .* attach partition/s.test(statement)) return
      copied++
      if (copied === 1) await execute('insert into s (id) values (77)')
    }
    const { error } = await loadText({ url: proxied.href, text: SCHEMA + record(1) + record(2) })
    assert.equal(error, undefined, String(error))
    const ids = ((await read('s')) ?? []).map(({ id }) => Number(id))
    assert.deepEqual(
      ids.toSorted((a, b) => a - b),
      [1, 2, 77],
    )
    assert.equal(copied, 2)
  },
)
