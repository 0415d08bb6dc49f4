import assert from 'node:assert/strict'
import { inspect } from 'node:util'
import { test } from 'node:test'
import fc from 'fast-check'
import { SecretMask } from '../../src/secrets.ts'
import { maskedError } from '../../src/runner/connection/connection-secrets.ts'
import { parseConnection } from '../../src/runner/connection/connection.ts'
import { secretsInUrl, secretsInWebhook } from '../../src/urls/url-secrets.ts'

test('finds passwords and secret options of URLs, raw and decoded', () => {
  const urls: Record<string, string> = {
    'postgres://u:pass-word@h:5432/d': 'pass-word',
    'postgres://u:p%40ss-word@h/d': 'p@ss-word',
    'postgres://u:a@b/c?d#e@h/d': 'a@b/c?d#e',
    'postgres://u:nul\u0000word@h/d': 'nul\u0000word',
    'postgres://h/d?user=u&password=pass-word': 'pass-word',
    'md:db?motherduck_token=the-token': 'the-token',
    'https://hooks.example.com/x?api_key=the-key#y': 'the-key',
  }
  for (const [url, secret] of Object.entries(urls))
    assert.ok(secretsInUrl(url).includes(secret), url)
  assert.deepEqual(secretsInUrl('duckdb:warehouse.duckdb?threads=2'), [])
})

test('masks any password in messages that quote the URL', () => {
  const property = fc.property(
    fc.string({ unit: 'binary', minLength: 8, maxLength: 40 }),
    fc.boolean(),
    (password, isEncoded) => {
      fc.pre(
        Buffer.from(password).toString() === password &&
          !password.includes('***') &&
          new Set(password).size > 4,
      )
      const written = isEncoded ? encodeURIComponent(password) : password
      const url = `postgres://user:${written}@host:5432/database`
      const mask = new SecretMask(secretsInUrl(url))
      for (const text of [url, JSON.stringify(url), inspect(url), `Received ${inspect(url)}`]) {
        assert.ok(!mask.masked(text).includes(written), text)
      }
    },
  )
  fc.assert(property, { numRuns: 500 })
})

test('stores an unexpected error without the secrets of its connection', () => {
  const file = {
    source: { app_api_key: 'the-app-key-1' },
    destination: { warehouse_url: 'postgres://u:the-password@h/d' },
    notify: { url: 'https://h/x?token=the-token', secret: 'the secret of sixteen' },
  }
  const connection = parseConnection(file, '/etc/connection.json', {})
  const message = `Bug: ${JSON.stringify(file)}`
  const { message: masked } = maskedError(connection, { message })
  for (const secret of ['the-app-key-1', 'the-password', 'the-token', 'the secret of sixteen'])
    assert.ok(!masked.includes(secret), secret)
})

test('finds the signature in a URL of Power Automate, and no word that only contains sig', () => {
  const url = 'https://prod.example.com/invoke?api-version=2016&design=plain-words&sig=a-signature'
  assert.deepEqual(secretsInUrl(url), ['a-signature'])
  assert.deepEqual(secretsInUrl('https://e.example.com/?X-Amz-Signature=abcdef'), ['abcdef'])
})

test('the long parts of the path of a webhook are secrets, short words are none', () => {
  const token = 'XXXXXXXXXXXXXXXXXXXXXXXX'
  const path = `/services/T00000000/B00000000/${token}`
  assert.deepEqual(secretsInWebhook(`https://hooks.slack.com${path}`), [path, token])
  assert.deepEqual(secretsInWebhook('https://hooks.example.com/customerio'), [])
  assert.deepEqual(secretsInWebhook('no URL'), [])
})
