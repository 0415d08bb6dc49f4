import assert from 'node:assert/strict'
import { test } from 'node:test'
import {
  addressesOf,
  checkHost,
  isLocal,
  parsePublicUrl,
} from '../../../src/console/security/addresses.ts'
import { refusalOf, type RequestFacts } from '../../../src/console/security/gate.ts'

const local = addressesOf({ host: '127.0.0.1', port: 8080 })
const facts: RequestFacts = {
  method: 'POST',
  host: '127.0.0.1:8080',
  origin: undefined,
  fetchSite: undefined,
  fetchMode: undefined,
  isPublic: false,
  hasSession: true,
}

function codeOf(changes: Partial<RequestFacts>, addresses = local): string | undefined {
  return refusalOf({ ...facts, ...changes }, addresses)?.code
}

test('only names of this machine, with the port, are hosts of a local console', () => {
  for (const host of ['127.0.0.1:8080', 'localhost:8080', 'LOCALHOST:8080', '[::1]:8080'])
    assert.equal(codeOf({ host }), undefined, host)
  for (const host of [
    undefined,
    '',
    '127.0.0.1',
    'localhost',
    'localhost:80',
    'evil.example:8080',
    '127.0.0.1:8080.evil.example',
  ])
    assert.equal(codeOf({ host }), 'HOST_REFUSED', host)
})

test('a console at another loopback address has that address too', () => {
  const second = addressesOf({ host: '127.0.0.2', port: 8080 })
  assert.equal(second.base, 'http://127.0.0.2:8080')
  for (const host of ['127.0.0.2:8080', 'localhost:8080'])
    assert.equal(codeOf({ host, origin: `http://${host}` }, second), undefined, host)
  assert.equal(codeOf({ host: '127.0.0.2:8080' }), 'HOST_REFUSED')
})

test('only this machine connects to a loopback address without an address for others', () => {
  assert.ok(isLocal('127.0.0.1'))
  assert.ok(isLocal('localhost', 'http://localhost:8081'))
  assert.ok(!isLocal('127.0.0.1', 'https://sync.example.com'))
  assert.ok(!isLocal('10.0.0.1'))
  assert.ok(!isLocal('10.0.0.1', 'http://localhost:8081'))
})

test('the host counts before the session, also for the login page', () => {
  assert.equal(codeOf({ host: 'evil.example', isPublic: true }), 'HOST_REFUSED')
})

test('a change must come from a page of the console, or from a script', () => {
  assert.equal(codeOf({ origin: 'http://localhost:8080', fetchSite: 'same-origin' }), undefined)
  assert.equal(codeOf({}), undefined)
  for (const origin of [
    'null',
    'http://localhost:8081',
    'https://localhost:8080',
    'http://evil.example',
  ])
    assert.equal(codeOf({ origin }), 'ORIGIN_REFUSED', origin)
  for (const fetchSite of ['cross-site', 'same-site'])
    assert.equal(codeOf({ fetchSite }), 'ORIGIN_REFUSED', fetchSite)
  assert.equal(
    codeOf({ isPublic: true, hasSession: false, origin: 'http://evil.example' }),
    'ORIGIN_REFUSED',
  )
})

test('a page of another site may link to the console, but not load from it', () => {
  const other = { method: 'GET', fetchSite: 'same-site' }
  assert.equal(codeOf({ ...other, fetchMode: 'navigate' }), undefined)
  assert.equal(codeOf({ ...other, fetchMode: 'no-cors' }), 'ORIGIN_REFUSED')
  assert.equal(codeOf({ ...other, method: 'POST', fetchMode: 'navigate' }), 'ORIGIN_REFUSED')
})

test('everything but the login page needs a session', () => {
  assert.equal(codeOf({ hasSession: false }), 'SESSION_MISSING')
  assert.equal(codeOf({ hasSession: false, method: 'GET' }), 'SESSION_MISSING')
  assert.equal(codeOf({ hasSession: false, isPublic: true }), undefined)
})

test('behind a proxy the public address counts, and the cookie is for https', () => {
  const proxied = addressesOf({
    host: '0.0.0.0',
    port: 8080,
    publicUrl: 'https://sync.example.com/',
  })
  assert.equal(proxied.isSecure, true)
  assert.equal(proxied.base, 'https://sync.example.com')
  assert.equal(
    codeOf({ host: 'sync.example.com', origin: 'https://sync.example.com' }, proxied),
    undefined,
  )
  assert.equal(codeOf({ host: '10.0.0.1:8080' }, proxied), 'HOST_REFUSED')
})

test('a host that no browser uses as a name needs a public address', () => {
  assert.throws(() => checkHost('0.0.0.0', undefined), /--host 0\.0\.0\.0 is every address/)
  checkHost('0.0.0.0', 'https://sync.example.com')
  checkHost('10.0.0.1', undefined)
  for (const url of [
    'sync.example.com',
    'ftp://x',
    'https://x/console',
    'https://u:p@x/',
    'https://x/?a',
  ])
    assert.throws(() => parsePublicUrl(url), /--public-url must be an address/, url)
})
