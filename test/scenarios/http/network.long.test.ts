import assert from 'node:assert/strict'
import { test, type TestContext } from 'node:test'
import {
  makeAuthority,
  type Authority,
  type Certificate,
} from '../../support/network/certificates.ts'
import { closedPort } from '../../support/network/closed-port.ts'
import { startConnectProxy, type ConnectProxyOptions } from '../../support/network/connect-proxy.ts'
import { startRegions } from '../../support/network/regions.ts'
import { temporaryFolder } from '../../support/programs.ts'
import { CANARY, criticalOf, workspaceOf, type Workspace } from '../workspace.ts'

const ONLY_ONCE = { retry_budget_seconds: 0 }

async function secured(t: TestContext, issue: (authority: Authority) => Promise<Certificate>) {
  const authority = await makeAuthority(await temporaryFolder(t))
  const workspace = await workspaceOf(t, { tls: await issue(authority) }, ONLY_ONCE)
  return { workspace, trust: { NODE_EXTRA_CA_CERTS: authority.file } }
}

async function proxyOf(t: TestContext, options?: ConnectProxyOptions) {
  const proxy = await startConnectProxy(options)
  t.after(() => proxy.close())
  return proxy
}

/** The server got no request, and so no key. */
function assertUnasked(workspace: Workspace): void {
  assert.equal(workspace.sandbox.requests.length, 0)
}

test('T44: refuses a certificate of an unknown authority, and accepts it with NODE_EXTRA_CA_CERTS', async (t) => {
  const { workspace, trust } = await secured(t, (authority) => authority.issue(['IP:127.0.0.1']))
  const refused = await workspace.failing(5)
  assert.match(
    criticalOf(refused)[0] ?? '',
    /GET \/newsletters is not trusted \(UNABLE_TO_VERIFY_LEAF_SIGNATURE\)\. If a company proxy signs traffic, name its CA file in NODE_EXTRA_CA_CERTS\. code=TLS_FAILED/,
  )
  assertUnasked(workspace)
  await workspace.healthy({ env: trust })
})

test('T44: refuses an expired certificate and mentions the clock', async (t) => {
  const { workspace, trust } = await secured(t, (authority) =>
    authority.issue(['IP:127.0.0.1'], -1),
  )
  const refused = await workspace.failing(5, { env: trust })
  assert.match(
    criticalOf(refused)[0] ?? '',
    /not trusted \(CERT_HAS_EXPIRED\)\. Check this machine's clock/,
  )
  assertUnasked(workspace)
})

test('T44: refuses a certificate of another host and a server without TLS', async (t) => {
  const { workspace, trust } = await secured(t, (authority) => authority.issue(['DNS:example.com']))
  const refused = await workspace.failing(5, { env: trust })
  assert.match(
    criticalOf(refused)[0] ?? '',
    /not trusted \(ERR_TLS_CERT_ALTNAME_INVALID\)\. The certificate is for another host: check `api_url`/,
  )
  assertUnasked(workspace)
  const plain = await workspaceOf(t, {}, ONLY_ONCE)
  const api_url = plain.sandbox.url.replace('http:', 'https:')
  const unsecured = await plain.failing(5, { settings: { api_url } })
  assert.match(
    criticalOf(unsecured)[0] ?? '',
    /could not be secured \(ERR_SSL_\w+\)\. The server must support TLS 1\.2 or later/,
  )
  assertUnasked(plain)
})

test('S21: refuses NODE_TLS_REJECT_UNAUTHORIZED=0 before the key is sent', async (t) => {
  const { workspace } = await secured(t, (authority) => authority.issue(['DNS:example.com']))
  const env = { NODE_TLS_REJECT_UNAUTHORIZED: '0' }
  const refused = await workspace.failing(2, { env })
  assert.match(
    refused.stderr,
    /^CRITICAL NODE_TLS_REJECT_UNAUTHORIZED=0 disables certificate verification, .* Unset it\..*NODE_EXTRA_CA_CERTS\. code=CONFIG_INVALID\n$/,
  )
  assertUnasked(workspace)
})

test('T45: uses a proxy with user and password, and bypasses it for NO_PROXY', async (t) => {
  const { workspace, trust } = await secured(t, (authority) => authority.issue(['IP:127.0.0.1']))
  const proxy = await proxyOf(t, { credentials: 'someone:pass@word+42' })
  const HTTPS_PROXY = `http://someone:pass%40word%2B42@127.0.0.1:${proxy.port}`
  await workspace.healthy({ env: { ...trust, HTTPS_PROXY, NO_PROXY: '127.0.0.1' } })
  assert.deepEqual(proxy.requested, [])
  await workspace.healthy({ env: { ...trust, HTTPS_PROXY } })
  assert.deepEqual([...new Set(proxy.requested)], [`127.0.0.1:${workspace.sandbox.port}`])
})

test('T45: fails at once when a proxy requires other credentials, and logs none of them', async (t) => {
  const { workspace, trust } = await secured(t, (authority) => authority.issue(['IP:127.0.0.1']))
  const proxy = await proxyOf(t, { credentials: 'someone:another-word' })
  const patient = { retry_budget_seconds: 60 }
  const https_proxy = `someone:wrong-word-77@127.0.0.1:${proxy.port}`
  const refused = await workspace.failing(5, { env: { ...trust, https_proxy }, settings: patient })
  assert.match(
    criticalOf(refused)[0] ?? '',
    /The proxy returned 407 for GET \/newsletters\. The proxy requires a different user and password: write HTTPS_PROXY as .* code=PROXY_REFUSED/,
  )
  assert.doesNotMatch(refused.stderr, /wrong-word-77/)
  assert.ok(!refused.stderr.includes(Buffer.from('someone:wrong-word-77').toString('base64')))
  assertUnasked(workspace)
})

test('T45: names a proxy that is down, refuses, fails or closes the connection, and never logs its password', async (t) => {
  const { workspace, trust } = await secured(t, (authority) => authority.issue(['IP:127.0.0.1']))
  const cases: [NonNullable<ConnectProxyOptions['refusal']> | 'down', RegExp][] = [
    [
      'down',
      /got no complete response \(ECONNREFUSED 127\.0\.0\.1:\d+\)\. .*HTTPS_PROXY\. code=CONN/,
    ],
    [403, /The proxy returned 403 for GET \/newsletters\. Ask the operator of the proxy/],
    [502, /The proxy returned 502 for GET \/newsletters\./],
    [
      'close',
      /got no complete response \(the proxy closed the connection\)\. .* code=CONNECTION_FAILED/,
    ],
  ]
  for (const [refusal, sentence] of cases) {
    const proxy = await proxyOf(t, { refusal: refusal === 'down' ? 403 : refusal })
    if (refusal === 'down') await proxy.close()
    const HTTPS_PROXY = `http://someone:secret-word-9@127.0.0.1:${proxy.port}`
    const settings = { request_timeout_seconds: 1, retry_budget_seconds: 0 }
    const failed = await workspace.failing(5, { env: { ...trust, HTTPS_PROXY }, settings })
    assert.match(criticalOf(failed)[0] ?? '', sentence)
    assert.doesNotMatch(failed.stderr, /secret-word-9/)
    assert.ok(proxy.requested.length < 50, `the proxy got ${proxy.requested.length} requests`)
  }
  assertUnasked(workspace)
})

test('T45: refuses a proxy variable that is not a URL without showing its value', async (t) => {
  const workspace = await workspaceOf(t)
  for (const HTTPS_PROXY of [
    'http://u:hidden-word@',
    'socks9://u:hidden-word@h',
    'http://u:%zz@h',
  ]) {
    const refused = await workspace.failing(2, { env: { HTTPS_PROXY } })
    assert.match(
      refused.stderr,
      /^CRITICAL The environment variable HTTPS_PROXY is not a valid proxy URL/,
    )
    assert.doesNotMatch(refused.stderr, /hidden-word|%zz/)
  }
})

/** `check` runs --test with a key and a region of the settings. */
async function regions(t: TestContext) {
  const { eu, env } = await startRegions(t, { us: CANARY, eu: 'canary-of-the-eu-5b1d' })
  const workspace = await workspaceOf(t)
  const check = async (app_api_key: string, region: string) =>
    workspace.sync({ settings: { app_api_key, region, api_url: null }, env, args: ['--test'] })
  return { check, eu }
}

test('T46: --test reports a key of the other region, and otherwise names the three possible causes', async (t) => {
  const { check, eu } = await regions(t)
  const misplaced = await check(eu.apiKey, 'us')
  assert.equal(misplaced.code, 3)
  assert.match(
    misplaced.stderr,
    /CRITICAL Customer\.io returned 401 for GET \/newsletters: unauthorized\. The key belongs to the other region: set `region` to eu\. code=UNAUTHORIZED suggested_region=eu\n$/,
  )
  const back = await check(CANARY, 'eu')
  assert.match(back.stderr, /The key belongs to the other region: set `region` to us\./)
  const unknown = await check('canary-of-nobody-77', 'us')
  assert.equal(unknown.code, 3)
  assert.match(unknown.stderr, /not a Track API key.*`region` \(us\).*IP allowlist/)
  const right = await check(` ${eu.apiKey}\n`, 'eu')
  assert.equal(right.code, 0, right.stderr)
})

test('T30: retries a refused connection and an unknown host name, then names the fix', async (t) => {
  const workspace = await workspaceOf(t, {}, { retry_budget_seconds: 1 })
  const port = await closedPort()
  const refused = await workspace.failing(5, { settings: { api_url: `http://127.0.0.1:${port}` } })
  assert.match(refused.stderr, /WARNING GET \/newsletters .* Retrying\. attempt=1/)
  assert.match(
    criticalOf(refused)[0] ?? '',
    new RegExp(`\\(ECONNREFUSED 127\\.0\\.0\\.1:${port}\\)\\. Check the network`),
  )
  const unknown = await workspace.failing(5, { settings: { api_url: 'https://api.invalid/v1' } })
  assert.match(
    criticalOf(unknown)[0] ?? '',
    /\((ENOTFOUND|EAI_AGAIN) api\.invalid\)\. The host name was not found: check the network, the DNS and `api_url`/,
  )
  await workspace.healthy()
})

/**
 * Node's resolver fails twice for `api.test`. Then it returns an address where nothing listens, and
 * the sandbox's.
 */
const FLAPPING_DNS = `
import dns from 'node:dns'
const { lookup } = dns
let failures = 2
dns.lookup = (host, options, callback) => {
  if (host !== 'localhost') return lookup(host, options, callback)
  if (failures-- > 0) return callback(Object.assign(new Error('failed'), { code: 'EAI_AGAIN', hostname: host }))
  callback(null, [{ address: '100::1', family: 6 }, { address: '127.0.0.1', family: 4 }])
}
import { syncBuiltinESMExports } from 'node:module'
syncBuiltinESMExports()`

test('T30: loses no row when a host name resolves intermittently or an IPv6 address is unreachable', async (t) => {
  const workspace = await workspaceOf(t)
  const finished = await workspace.healthy({
    settings: { api_url: workspace.sandbox.url.replace('127.0.0.1', 'localhost') },
    nodeArgs: ['--import', `data:text/javascript,${encodeURIComponent(FLAPPING_DNS)}`],
  })
  assert.match(finished.stderr, /\(EAI_AGAIN localhost\)\. Retrying\./)
})
