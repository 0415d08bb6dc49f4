import assert from 'node:assert/strict'
import { test } from 'node:test'
import { baseUrlOf } from '../../../src/tap/api/endpoint.ts'

test('uses the base URL of the region', () => {
  assert.equal(baseUrlOf({ region: 'us' }), 'https://api.customer.io/v1')
  assert.equal(baseUrlOf({ region: 'eu' }), 'https://api-eu.customer.io/v1')
})

test('uses `api_url` without its trailing slashes', () => {
  for (const [api_url, expected] of [
    ['https://gateway.example.com/cio/v1//', 'https://gateway.example.com/cio/v1'],
    ['https://gateway.example.com', 'https://gateway.example.com'],
    ['http://localhost:8080/v1', 'http://localhost:8080/v1'],
    ['http://127.0.0.1:8080/v1/', 'http://127.0.0.1:8080/v1'],
    ['http://[::1]:8080/v1', 'http://[::1]:8080/v1'],
  ] as const) {
    assert.equal(baseUrlOf({ api_url, region: 'eu' }), expected)
  }
})

const REFUSED: [string, string][] = [
  [
    'http://api.customer.io/v1',
    'must start with https:// (http:// is for loopback addresses only)',
  ],
  [
    'http://localhost.example.com',
    'must start with https:// (http:// is for loopback addresses only)',
  ],
  [
    'http://127.0.0.1.example.com',
    'must start with https:// (http:// is for loopback addresses only)',
  ],
  ['ftp://localhost/v1', 'must start with https:// (http:// is for loopback addresses only)'],
  ['https://user:password@example.com', 'must not contain a user or a password'],
  ['https://example.com/v1?key=1', 'must not contain a query or a fragment'],
  ['https://example.com/v1#top', 'must not contain a query or a fragment'],
]

for (const [api_url, reason] of REFUSED) {
  test(`does not send the key to ${api_url}`, () => {
    assert.throws(() => baseUrlOf({ api_url, region: 'us' }), {
      code: 'CONFIG_INVALID',
      message: `\`api_url\` ${reason}.`,
    })
  })
}
