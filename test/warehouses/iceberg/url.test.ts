import assert from 'node:assert/strict'
import { test } from 'node:test'
import { AppError } from '../../../src/errors.ts'
import { secretsInUrl } from '../../../src/urls/url-secrets.ts'
import { databaseIdentity, warehouseKindOf } from '../../../src/urls/warehouse-urls.ts'
import { parseUrl } from '../../../src/warehouses/iceberg/url.ts'

const CATALOG = 'iceberg:https://catalog.example.com/api/'

function authOf(url: string, env: NodeJS.ProcessEnv = {}): unknown {
  return parseUrl(url, env).auth
}

test('reads the catalog, the warehouse and the settings of DuckDB', () => {
  assert.deepEqual(
    parseUrl(`${CATALOG}?warehouse=my%20lake&threads=2&access_delegation_mode=none`, {}),
    {
      endpoint: 'https://catalog.example.com/api',
      warehouse: 'my lake',
      auth: { kind: 'none' },
      delegation: 'none',
      options: { threads: '2' },
    },
  )
  const { warehouse, delegation } = parseUrl('iceberg:http://127.0.0.1:8181', {})
  assert.deepEqual({ warehouse, delegation }, { warehouse: '', delegation: 'vended_credentials' })
})

test('takes credentials from the URL first, else from the environment', () => {
  const token = { kind: 'token', token: 'from env' }
  const env = { ICEBERG_TOKEN: ' from env\n', ICEBERG_CLIENT_ID: 'id' }
  assert.deepEqual(authOf(CATALOG, env), token)
  assert.deepEqual(authOf(`${CATALOG}?auth=none`, env), { kind: 'none' })
  assert.deepEqual(authOf(`${CATALOG}?token=t`, env), { kind: 'token', token: 't' })
  const oauth2 = {
    kind: 'oauth2',
    clientId: 'id',
    clientSecret: 's',
    serverUri: 'https://catalog.example.com/api/v1/oauth/tokens',
    scope: 'PRINCIPAL_ROLE:ALL',
  }
  assert.deepEqual(authOf(`${CATALOG}?client_secret=s`, env), oauth2)
  assert.deepEqual(authOf(CATALOG, { ICEBERG_CLIENT_ID: 'id', ICEBERG_CLIENT_SECRET: 's' }), oauth2)
  const own = { ...env, ICEBERG_OAUTH2_SERVER_URI: 'https://login.example.com/t' }
  assert.deepEqual(authOf(`${CATALOG}?client_secret=s&oauth2_scope=all`, own), {
    ...oauth2,
    serverUri: 'https://login.example.com/t',
    scope: 'all',
  })
})

test('signs requests to the catalogs of AWS, and to those that ask for it', () => {
  const url =
    'iceberg:https://s3tables.eu-west-1.amazonaws.com/iceberg?warehouse=arn:aws:s3tables:x'
  assert.deepEqual(authOf(url), { kind: 'sigv4', service: 's3tables', region: 'eu-west-1' })
  const own = `${CATALOG}?sigv4_service=execute-api`
  assert.deepEqual(authOf(own, { AWS_REGION: 'us-east-1' }), {
    kind: 'sigv4',
    service: 'execute-api',
    region: 'us-east-1',
  })
})

test('refuses what it does not know and credentials over http, without a secret', () => {
  const refused = {
    'iceberg:': /no catalog at an http or https address/,
    'iceberg:lake.duckdb': /no catalog at an http or https address/,
    'iceberg:https://id:geheim@h': /a user or a password before the host/,
    [`${CATALOG}?colour=geheim`]: /an option "colour"/,
    [`${CATALOG}?auth=basic`]: /`auth` in `warehouse_url` is "basic"; known are none, token/,
    [`${CATALOG}?auth=token`]: /needs a `token`/,
    [`${CATALOG}?client_secret=geheim`]: /needs a `client_id`/,
    [`${CATALOG}?auth=sigv4`]: /The service or the region/,
    [`${CATALOG}?access_delegation_mode=x`]: /known are vended_credentials, none/,
    'iceberg:http://catalog.example.com?token=geheim': /its credentials over http/,
    [`${CATALOG}?client_id=i&client_secret=geheim&oauth2_server_uri=http://h/t`]: /over http/,
  }
  for (const [url, message] of Object.entries(refused)) {
    assert.throws(
      () => parseUrl(url, {}),
      (error) => {
        assert.ok(error instanceof AppError, url)
        assert.equal(error.code, 'CONFIG_INVALID')
        assert.match(error.message, message)
        assert.ok(!error.fullText.includes('geheim'), error.fullText)
        return true
      },
      url,
    )
  }
})

test('finds every secret in the URL', () => {
  assert.deepEqual(secretsInUrl(`${CATALOG}?token=t%2F1&client_secret=s&warehouse=w`), [
    't%2F1',
    's',
    't/1',
  ])
  assert.ok(secretsInUrl('iceberg:https://id:pass@h/x').includes('pass'))
})

function identity(url: string): string {
  return databaseIdentity(url, (path) => path)
}

test('identifies a warehouse by its catalog and its name, without credentials', () => {
  const one = identity(`${CATALOG}?warehouse=a&token=t`)
  assert.equal(one, identity('iceberg:https://CATALOG.example.com:443/api?token=u&warehouse=a'))
  assert.notEqual(one, identity(`${CATALOG}?warehouse=b`))
  assert.ok(!one.includes('token'))
})

test('several loads can write to a catalog, and names ignore their case', () => {
  const { defaultSchema, takesOneWriter, isCaseSensitive } = warehouseKindOf(CATALOG)
  assert.deepEqual(
    { defaultSchema, takesOneWriter, isCaseSensitive },
    { defaultSchema: 'public', takesOneWriter: false, isCaseSensitive: false },
  )
})
