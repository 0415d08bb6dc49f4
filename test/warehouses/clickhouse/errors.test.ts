import assert from 'node:assert/strict'
import { once } from 'node:events'
import { createServer as createHttp, type RequestListener } from 'node:http'
import { createServer as createHttps } from 'node:https'
import { createServer as createTcp, type AddressInfo, type Server } from 'node:net'
import { test, type TestContext } from 'node:test'
import { AppError } from '../../../src/errors.ts'
import { Logger } from '../../../src/logger.ts'
import { createWarehouse } from '../../../src/warehouses/index.ts'
import { failureOf } from '../../../src/warehouses/server-error.ts'
import { makeAuthority } from '../../support/network/certificates.ts'
import { temporaryFolder } from '../../support/programs.ts'

/** The port of a server that ends with the test. */
async function listen(t: TestContext, server: Server): Promise<number> {
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  t.after(() => server.close())
  return (server.address() as AddressInfo).port
}

async function failureAt(url: string): Promise<AppError> {
  const warehouse = await createWarehouse({
    url,
    schema: undefined,
    tablePrefix: '',
    isReadOnly: false,
    logger: new Logger({ name: 'test', level: 'error', format: 'plain', write: () => {} }),
    openRetryMs: 0,
  })
  try {
    await warehouse.open()
  } catch (error) {
    assert.ok(error instanceof AppError, String(error))
    assert.doesNotMatch(error.fullText, /geheim/)
    return error
  } finally {
    await warehouse.close()
  }
  throw new Error('The warehouse was opened.')
}

async function expectFailure(url: string, code: string, text: RegExp): Promise<AppError> {
  const error = await failureAt(url)
  assert.equal(error.code, code, error.fullText)
  assert.match(error.fullText, text)
  return error
}

/** Answers as the server words its errors. */
function refusing(code: number, message: string): RequestListener {
  return (request, response) => {
    request.resume()
    response.writeHead(500, { 'X-ClickHouse-Exception-Code': String(code), Connection: 'close' })
    response.end(`Code: ${code}. DB::Exception: ${message} (version 26.7.2.1)\n`)
  }
}

function at(place: string): string {
  return `clickhouse://u:geheim@${place}/d?secure=false`
}

test('says what to do when no server answers', async (t) => {
  const closing = await listen(
    t,
    createTcp((socket) => socket.destroy()),
  )
  const free = createTcp()
  free.listen(0, '127.0.0.1')
  await once(free, 'listening')
  const { port: unused } = free.address() as AddressInfo
  free.close()
  await expectFailure(
    at(`127.0.0.1:${unused}`),
    'CONNECTION_FAILED',
    /ECONNREFUSED.*Start the server, or correct the host and the port .* 8443, or 8123 without TLS/,
  )
  await expectFailure(at('nothere.invalid'), 'CONNECTION_FAILED', /Correct the host/)
  await expectFailure(
    at(`127.0.0.1:${closing}`),
    'CONNECTION_FAILED',
    /Correct the port .*Leave secure=false out for a port with TLS/,
  )
})

test('names a port with TLS, a port without, and a certificate that is not trusted', async (t) => {
  const folder = await temporaryFolder(t)
  const authority = await makeAuthority(folder)
  const { key, cert } = await authority.issue(['DNS:other.example.com'])
  const answer = refusing(516, 'u: Authentication failed. (AUTHENTICATION_FAILED)')
  const plain = await listen(t, createHttp(answer))
  const secure = await listen(t, createHttps({ key, cert }, answer))
  await expectFailure(
    `clickhouse://u:geheim@127.0.0.1:${plain}/d`,
    'TLS_FAILED',
    /offers no TLS\. .*as a rule 8443\. To connect without TLS, add secure=false/,
  )
  await expectFailure(
    `clickhouse://u:geheim@127.0.0.1:${secure}/d?secure=false`,
    'CONNECTION_FAILED',
    /Leave secure=false out for a port with TLS/,
  )
  await expectFailure(
    `clickhouse://u:geheim@127.0.0.1:${secure}/d`,
    'TLS_FAILED',
    /certificate .* was refused .*`ca_file`/,
  )
  await expectFailure(
    `clickhouse://u:geheim@127.0.0.1:${secure}/d?ca_file=${encodeURIComponent(authority.file)}`,
    'TLS_FAILED',
    /refused \(ERR_TLS_CERT_ALTNAME_INVALID\).*the host as the certificate names it/,
  )
})

test('names the right that a user lacks, and the database or cluster that is missing', async (t) => {
  const lacking = (grant: string) =>
    refusing(
      497,
      `u: Not enough privileges. To execute this query, it's necessary to have the grant ${grant}. (ACCESS_DENIED)`,
    )
  const cases: [RequestListener, RegExp][] = [
    [
      lacking('SELECT(name, engine) ON system.databases'),
      /lacks the right SELECT\(name, engine\) ON system\.databases\)\. Grant the user the rights of the page about ClickHouse/,
    ],
    [
      lacking('CREATE DATABASE ON marketing.*'),
      /CREATE DATABASE ON marketing\.\*\)\. Create the database .* or correct `warehouse_url`/,
    ],
    [
      refusing(516, 'u: Authentication failed: password is incorrect. (AUTHENTICATION_FAILED)'),
      /Correct the user or the password/,
    ],
    [refusing(81, "Database marketing doesn't exist. (UNKNOWN_DATABASE)"), /Create the database/],
    [
      refusing(701, "Requested cluster 'main' not found. (CLUSTER_DOESNT_EXIST)"),
      /option `cluster`/,
    ],
  ]
  for (const [answer, text] of cases) {
    const port = await listen(t, createHttp(answer))
    const url = `clickhouse://u:geheim@127.0.0.1:${port}/d?secure=false`
    await expectFailure(url, 'WAREHOUSE_FAILED', text)
  }
})

/** Answers as a proxy does that stands before the server. */
function proxying(status: number): RequestListener {
  return (request, response) => {
    request.resume()
    response.writeHead(status, { Server: 'nginx/1.27', Connection: 'close' })
    response.end('<html><title>Something of a proxy</title></html>')
  }
}

test('names what answers instead of ClickHouse; only what may pass is retried', async (t) => {
  const final: [status: number, hint: RegExp][] = [
    [200, /Correct the host and the port/],
    [302, /Correct the host and the port/],
    [401, /asks for a password of its own/],
    [403, /refuses this client/],
    [404, /Correct the host and the port/],
    [413, /refuses large requests: .* `client_max_body_size`/],
    [414, /refuses long URLs: .* `large_client_header_buffers`/],
  ]
  for (const [status, hint] of final) {
    const url = at(`127.0.0.1:${await listen(t, createHttp(proxying(status)))}`)
    const answer = new RegExp(`HTTP ${status} from "nginx/1\\.27", without an answer of ClickHouse`)
    const error = await expectFailure(url, 'CONFIG_INVALID', answer)
    assert.match(error.fullText, hint)
    assert.equal(failureOf(error), 'final', String(status))
  }
  for (const status of [429, 502, 503]) {
    const url = at(`127.0.0.1:${await listen(t, createHttp(proxying(status)))}`)
    const error = await expectFailure(url, 'CONNECTION_FAILED', new RegExp(`HTTP ${status} from`))
    assert.equal(failureOf(error), 'transient', String(status))
  }
})
