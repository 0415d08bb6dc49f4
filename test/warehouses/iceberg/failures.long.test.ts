/** What the network to a catalog, other loads and missing abilities do to a load. */

import assert from 'node:assert/strict'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { test, type TestContext } from 'node:test'
import { AppError } from '../../../src/errors.ts'
import { createIn } from '../../conformance/support/iceberg.ts'
import { loadText } from '../../conformance/support/loading.ts'
import { startCatalog, WITHOUT_JARS } from '../../support/iceberg/catalog-server.ts'
import { until } from '../../support/wait.ts'
import { idsOf, pieces, record, SCHEMA, state } from '../ducklake/lakes.ts'
import {
  atPort,
  COMMIT,
  CREATE,
  cutOnce,
  freshWarehouse,
  holdRequest,
  intercept,
  WITHOUT_CATALOG as skip,
} from './catalogs.ts'

/** A row of a stream without keys, which a repeated batch would double. */
function appended(id: number): string {
  return SCHEMA.replace('["id"]', '[]') + record(id) + state(id)
}

for (const [name, request, isDelivered] of [
  ['before the commit arrives', COMMIT, false],
  ['after the commit, before its response', COMMIT, true],
  ['while a table is read', /^GET \S*\/tables\/s\b/, false],
] as const) {
  test(`L1, L29: loads the batch once when the connection is cut ${name}`, { skip }, async (t) => {
    const warehouse = await freshWarehouse(t)
    assert.equal((await loadText({ url: warehouse.url, text: appended(1) })).error, undefined)
    const { proxy, wasCut } = await cutOnce(warehouse.url, request, { isDelivered })
    t.after(() => proxy.close())
    const url = atPort(warehouse.url, proxy.port)
    const { error, stdout } = await loadText({ url, text: appended(2) })
    assert.ok(wasCut(), 'nothing was cut')
    assert.equal(error, undefined, String(error))
    assert.deepEqual(stdout, ['{"s":2}'])
    assert.deepEqual(await idsOf(warehouse), [1, 2])
    // The files of the rows are still there.
    assert.equal((await loadText({ url: warehouse.url, text: appended(3) })).error, undefined)
    assert.deepEqual(await idsOf(warehouse), [1, 2, 3])
  })
}

test('L37: a load writes nothing after another one has committed', { skip }, async (t) => {
  const warehouse = await freshWarehouse(t)
  const { url } = warehouse
  assert.equal((await loadText({ url, text: appended(1) })).error, undefined)
  let other: unknown = 'none'
  const { error, stdout } = await loadText({
    url,
    config: { batch_size_rows: 1 },
    text: pieces(
      appended(2),
      async () => {
        await until(async () => (await idsOf(warehouse)).includes(2), { what: 'row 2' })
        other = (await loadText({ url, text: appended(10) })).error
      },
      record(3) + state(3),
    ),
  })
  assert.equal(other, undefined, String(other))
  assert.ok(error instanceof AppError, String(error))
  assert.match(error.fullText, /Another load has written into the tables since this one began/)
  assert.deepEqual(await idsOf(warehouse), [1, 2, 10])
  // The STATE came after the row that filled its batch, so the next commit would have covered it.
  assert.deepEqual(stdout, [])
})

test('L37: a load that is overtaken during its commit writes nothing', { skip }, async (t) => {
  const warehouse = await freshWarehouse(t)
  assert.equal((await loadText({ url: warehouse.url, text: appended(1) })).error, undefined)
  const url = await holdRequest(t, warehouse.url, {
    held: COMMIT,
    before: async () => {
      assert.equal((await loadText({ url: warehouse.url, text: appended(10) })).error, undefined)
    },
  })
  const { error, stdout, stderr } = await loadText({ url, text: appended(2) })
  assert.ok(error instanceof AppError, String(error))
  assert.match(error.fullText, /Another load has written into the tables since this one began/)
  assert.match(stderr.join(''), /A commit failed and is retried.*another commit came first/)
  assert.deepEqual(await idsOf(warehouse), [1, 10])
  assert.deepEqual(stdout, [])
})

/** Two digits after the point. */
const PRICES =
  '{"type":"SCHEMA","stream":"s","schema":{"properties":{"id":{"type":"integer"},"price":{"type":"number","multipleOf":0.01}}},"key_properties":["id"]}\n' +
  '{"type":"RECORD","stream":"s","record":{"id":1,"price":0.25}}\n{"type":"STATE","value":{"s":1}}\n'

test(
  'writes nothing into a table that another program has just created with other columns',
  { skip },
  async (t) => {
    const warehouse = await freshWarehouse(t)
    const url = await holdRequest(t, warehouse.url, {
      held: CREATE,
      before: async () => warehouse.execute('create table s (id bigint, price decimal(10, 1))'),
    })
    const { error, stdout } = await loadText({ url, text: PRICES })
    assert.ok(error instanceof AppError, String(error))
    assert.equal(error.code, 'TABLES_CHANGED')
    assert.match(error.message, /has created, changed or dropped the table s since this load began/)
    assert.deepEqual([stdout, await warehouse.read('s')], [[], []])
    // The next load finds the table, and changes its column.
    const next = await loadText({ url: warehouse.url, text: PRICES })
    assert.equal(next.error, undefined, String(next.error))
    assert.deepEqual(
      (await warehouse.read('s'))?.map(({ price }) => String(price)),
      ['0.25'],
    )
  },
)

test('opens a catalog whose first answers to DuckDB are errors of a proxy', { skip }, async (t) => {
  const warehouse = await freshWarehouse(t)
  let requests = 0
  const url = await intercept(t, warehouse.url, (request) => {
    // The loader itself asks first.
    const isFailing = request.startsWith('GET /v1/config') && ++requests === 2
    return Promise.resolve(isFailing ? 502 : undefined)
  })
  const { error, stderr } = await loadText({ url, text: appended(1) })
  assert.equal(error, undefined, String(error))
  assert.match(
    stderr.join(''),
    /could not be opened; retrying.*the catalog answered with status 502/,
  )
  assert.deepEqual(await idsOf(warehouse), [1])
})

test(
  'signs in again when the server of the tokens fails',
  { skip: WITHOUT_JARS || skip },
  async (t) => {
    const server = await startCatalog(t, process.env['AWS_ENDPOINT_URL'] ?? '', 'the-token')
    const { url } = createIn(server.url, t)
    let logins = 0
    const proxy = await intercept(t, url, (request) => {
      // The loader signs in first, and then DuckDB.
      const isFailing = /^POST \S*\/oauth\/tokens/.test(request) && ++logins === 2
      return Promise.resolve(isFailing ? 502 : undefined)
    })
    const signedIn = `${proxy}&client_id=id&client_secret=secret`
    const { error, stderr } = await loadText({ url: signedIn, text: appended(1) })
    assert.equal(error, undefined, String(error))
    assert.match(stderr.join(''), /retrying.*DuckDB could not sign in to the Iceberg catalog/)
  },
)

test('takes no other 404 for a table or a namespace that does not exist', { skip }, async (t) => {
  const warehouse = await freshWarehouse(t)
  for (const path of [/^GET \S*\/tables(?:$|\?)/, /^GET \S*\/tables\/s\b/]) {
    assert.equal((await loadText({ url: warehouse.url, text: appended(1) })).error, undefined)
    const url = await intercept(t, warehouse.url, (request) =>
      Promise.resolve(path.test(request) ? 404 : undefined),
    )
    const { error } = await loadText({ url, text: appended(2) })
    assert.ok(error instanceof AppError, String(error))
    assert.equal(error.code, 'CONFIG_INVALID')
    assert.match(error.fullText, /has nothing at \/v1\/\S+\/tables\S* \(status 404\)/)
  }
})

/** A server that answers every request with the same body. */
async function answering(t: TestContext, status: number, body: object): Promise<string> {
  const server = createServer((_request, response) => {
    response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body))
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  t.after(() => server.close())
  return `iceberg:http://127.0.0.1:${(server.address() as AddressInfo).port}/catalog`
}

/** Sets variables of this process until the test ends. */
function setVariables(t: TestContext, variables: Record<string, string>): void {
  for (const [name, value] of Object.entries(variables)) {
    const before = process.env[name]
    process.env[name] = value
    t.after(() => {
      if (before === undefined) delete process.env[name]
      else process.env[name] = before
    })
  }
}

test('refuses a catalog that commits tables one by one, and one that refuses the credentials', async (t) => {
  setVariables(t, { AWS_ACCESS_KEY_ID: 'id', AWS_SECRET_ACCESS_KEY: 'geheim' })
  const single = ['POST /v1/{prefix}/namespaces/{namespace}/tables/{table}']
  const cases: [url: string, text: RegExp][] = [
    [
      await answering(t, 200, { defaults: {}, overrides: {}, endpoints: single }),
      /cannot commit several tables at once/,
    ],
    [await answering(t, 200, { defaults: {}, overrides: {} }), /cannot commit several tables/],
    [`${await answering(t, 401, {})}?token=geheim`, /with status 401.*ICEBERG_TOKEN/s],
    [await answering(t, 404, {}), /has nothing at \S*config \(status 404\).*Check the address/s],
    [
      `${await answering(t, 403, {})}?sigv4_service=glue&sigv4_region=r`,
      /403.*AWS_SECRET_ACCESS_KEY/s,
    ],
    [
      `${await answering(t, 400, { error: 'invalid_scope' })}?client_id=i&client_secret=geheim`,
      /^The OAuth2 server at \S+ refused .* status 400.*`oauth2_scope`/s,
    ],
  ]
  for (const [url, text] of cases) {
    const { error } = await loadText({ url, text: SCHEMA })
    assert.ok(error instanceof AppError, String(error))
    assert.equal(error.code, 'CONFIG_INVALID')
    assert.match(error.fullText, text)
    assert.ok(!error.fullText.includes('geheim'))
  }
})

test(
  'signs in with a token, and with the secret of a client',
  { skip: WITHOUT_JARS || skip },
  async (t) => {
    const store = process.env['AWS_ENDPOINT_URL'] ?? ''
    const server = await startCatalog(t, store, 'the-token')
    const { url } = createIn(server.url, t)
    const refused = await loadText({ url, text: appended(1) })
    assert.ok(refused.error instanceof AppError)
    assert.match(refused.error.message, /with status 401/)
    const accepted = ['token=the-token', 'client_id=id&client_secret=secret']
    for (const [at, options] of accepted.entries()) {
      const { error, stdout } = await loadText({ url: `${url}&${options}`, text: appended(at) })
      assert.equal(error, undefined, String(error))
      assert.deepEqual(stdout, [`{"s":${at}}`])
    }
    const wrong = await loadText({
      url: `${url}&client_id=id&client_secret=geheim`,
      text: appended(9),
    })
    assert.ok(wrong.error instanceof AppError)
    assert.match(wrong.error.message, /with status 401/)
    assert.ok(!wrong.error.fullText.includes('geheim'))
  },
)
