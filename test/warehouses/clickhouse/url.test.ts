import assert from 'node:assert/strict'
import { test } from 'node:test'
import { AppError } from '../../../src/errors.ts'
import { secretsInUrl } from '../../../src/urls/url-secrets.ts'
import { databaseIdentity, warehouseKindOf } from '../../../src/urls/warehouse-urls.ts'
import { parseUrl } from '../../../src/warehouses/clickhouse/url.ts'

const SERVER = 'clickhouse://loader:pass%3Fword@ch.example.com/marketing'

test('reads every part and option of a URL', () => {
  const url = `clickhouse://loader:pass%3Fword@ch.example.com:9440/my%20db?secure=false&cluster=main&ca_file=/etc/ca.pem&lock_wait_seconds=1`
  assert.deepEqual(parseUrl(url, {}), {
    host: 'ch.example.com',
    port: 9440,
    isSecure: false,
    user: 'loader',
    password: 'pass?word',
    database: 'my db',
    cluster: 'main',
    caFile: '/etc/ca.pem',
    lockWaitMs: 1000,
  })
})

test('connects over TLS as the user of the environment unless the URL says otherwise', () => {
  const env = { CLICKHOUSE_USER: 'loader', CLICKHOUSE_PASSWORD: 'geheim' }
  const { port, isSecure, user, password, database, lockWaitMs } = parseUrl('clickhouse://h', env)
  assert.deepEqual(
    { port, isSecure, user, password, database, lockWaitMs },
    {
      port: 8443,
      isSecure: true,
      user: 'loader',
      password: 'geheim',
      database: undefined,
      lockWaitMs: 10_000,
    },
  )
  assert.equal(parseUrl('clickhouse://h?secure=false', {}).port, 8123)
  assert.equal(parseUrl('clickhouse://h', {}).user, 'default')
  assert.equal(parseUrl('clickhouse:///marketing', {}).host, 'localhost')
})

test('refuses URLs that are cut or have other options, without a secret', () => {
  const refused = {
    'clickhouse:h': /not a URL/,
    'clickhouse://u:ge#heim@h/d': /special character|not a URL/,
    'clickhouse://u:ge?heim@h/d': /special character|not a URL/,
    'clickhouse://u:ge/heim@h/d': /special character|not a URL/,
    'clickhouse://u:geheim%@h/d': /a % that does not begin an escape/,
    'clickhouse://u:geheim@h/d%00': /control character/,
    'clickhouse://u:geheim@h/d?secure=no': /`secure` .* must be true or false/,
    'clickhouse://u:geheim@h/d?cluster=': /`cluster` .* is empty/,
    'clickhouse://u:geheim@h/d?lock_wait_seconds=x': /must be a number of seconds/,
    'clickhouse://u:geheim@h/d?colour=red': /an option "colour"/,
  }
  for (const [url, message] of Object.entries(refused)) {
    assert.throws(
      () => parseUrl(url, {}),
      (error) => {
        assert.ok(error instanceof AppError, `${url}: ${String(error)}`)
        assert.equal(error.code, 'CONFIG_INVALID')
        assert.match(error.message, message)
        assert.doesNotMatch(error.fullText, /geheim|heim@/)
        return true
      },
      url,
    )
  }
})

test('finds the password in the URL', () => {
  const secrets = secretsInUrl(SERVER)
  assert.ok(secrets.includes('pass%3Fword') && secrets.includes('pass?word'), secrets.join(' '))
})

function identity(url: string): string {
  return databaseIdentity(url, (path) => path)
}

test('identifies the server; the database of the URL is the default schema', () => {
  assert.equal(identity(SERVER), 'clickhouse://ch.example.com:8443')
  assert.equal(identity(SERVER), identity('clickhouse://other:x@CH.example.com:8443/sales'))
  assert.notEqual(identity(SERVER), identity(`${SERVER}?secure=false`))
  assert.equal(warehouseKindOf(SERVER).defaultSchema, 'marketing')
  assert.equal(warehouseKindOf('clickhouse://h').defaultSchema, 'default')
  assert.equal(warehouseKindOf('clickhouse://h/my%20db').defaultSchema, 'my db')
})
