/** Queries that planning sends between commits. */

import assert from 'node:assert/strict'
import { test } from 'node:test'
import { freshSchema, query, SERVER_URL } from '../../conformance/support/postgres.ts'
import { loadText } from '../../conformance/support/loading.ts'
import { cutAt, startProxy } from '../../support/network/tcp-proxy.ts'

function schemaOf(type: string): string {
  return `{"type":"SCHEMA","stream":"s","schema":{"properties":{"id":{"type":"integer"},"v":{"type":"${type}"}}},"key_properties":["id"]}\n`
}

function record(id: number, v: unknown): string {
  return `{"type":"RECORD","stream":"s","record":{"id":${id},"v":${JSON.stringify(v)}}}\n`
}

const STATE = '{"type":"STATE","value":{"s":1}}\n'

for (const [name, pattern, isDelivered] of [
  ['before the query for users of a column arrives', /pg_depend/, false],
  ['before the response to that query', /pg_depend/, true],
  ['before the query for tables arrives', /pg_attribute/, false],
  ['before the query for the last load arrives', /max\(load_number\)/, false],
] as const) {
  test(`continues the load when the connection is cut ${name}`, async (t) => {
    const { schema, url } = await freshSchema(t)
    await loadText({ url, text: schemaOf('integer') + record(1, 1) })
    const port = Number(new URL(SERVER_URL).port)
    const proxy = await startProxy({ port, ...cutAt(pattern, isDelivered) })
    t.after(() => proxy.close())
    const behindProxy = new URL(url)
    behindProxy.port = String(proxy.port)
    const text = schemaOf('integer') + record(2, 2) + schemaOf('string') + record(3, 'x') + STATE
    const { error, stdout, stderr } = await loadText({ url: behindProxy.href, text })
    assert.equal(error, undefined, String(error))
    assert.equal(proxy.connections, 2)
    assert.match(stderr.join(''), /A query failed and is retried\./)
    assert.deepEqual(stdout, ['{"s":1}'])
    assert.deepEqual(await query(`select id, v from ${schema}.s order by id`), [
      ['1', '1'],
      ['2', '2'],
      ['3', 'x'],
    ])
  })
}
