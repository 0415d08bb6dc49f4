/**
 * Fails when `pg` makes a workaround of `driver-workarounds.ts` unnecessary. Remove the workaround
 * then, and use what upstream offers.
 */

import assert from 'node:assert/strict'
import { once } from 'node:events'
import { readFile } from 'node:fs/promises'
import { createServer, type AddressInfo, type Socket } from 'node:net'
import { test } from 'node:test'
import { Client, DatabaseError } from 'pg'
import {
  backendPid,
  FirstRows,
  isPasswordError,
  isTlsMissing,
} from '../../../src/warehouses/postgres/driver-workarounds.ts'
import { SERVER_URL } from '../../conformance/support/postgres.ts'

const CANCEL_REQUEST = 80_877_102
const AUTHENTICATION_CLEARTEXT = Buffer.from([0x52, 0, 0, 0, 8, 0, 0, 0, 3])

function authenticationSasl(mechanism: string): Buffer {
  const list = Buffer.from(`${mechanism}\0\0`)
  const head = Buffer.from([0x52, 0, 0, 0, 8 + list.length, 0, 0, 0, 10])
  return Buffer.concat([head, list])
}

/** A server that replies to the first message, and keeps what comes after it. */
async function listen(reply: Buffer, end: (hook: () => void) => void) {
  const heard: Buffer[] = []
  const sockets = new Set<Socket>()
  const server = createServer((socket) => {
    sockets.add(socket)
    socket.on('error', () => undefined)
    socket.once('data', () => {
      socket.on('data', (chunk) => heard.push(chunk))
      socket.write(reply)
    })
  }).listen(0, '127.0.0.1')
  end(() => {
    for (const socket of sockets) socket.destroy()
    server.close()
  })
  await once(server, 'listening')
  return { port: (server.address() as AddressInfo).port, heard }
}

/** Connects with the options as libpq names them, and returns the failure. */
async function connectionError(options: object): Promise<unknown> {
  const client = new Client({
    host: '127.0.0.1',
    user: 'me',
    database: 'd',
    connectionTimeoutMillis: 500,
    ...options,
  })
  client.on('error', () => undefined)
  return client.connect().then(
    () => undefined,
    (error: unknown) => error,
  )
}

test('pg still sends a cleartext password in spite of require_auth', async (t) => {
  const { port, heard } = await listen(AUTHENTICATION_CLEARTEXT, (hook) => t.after(hook))
  await connectionError({ port, password: 'very-secret', require_auth: 'scram-sha-256' })
  assert.ok(Buffer.concat(heard).includes('very-secret'))
})

test('pg still connects without channel binding in spite of channel_binding=require', async () => {
  const url = new URL(SERVER_URL)
  url.searchParams.set('channel_binding', 'require')
  const client = new Client({ connectionString: url.href, enableChannelBinding: true })
  await client.connect()
  await client.end()
})

test('pg still reads the password file by itself', async () => {
  const manifest: unknown = JSON.parse(
    await readFile(new URL(import.meta.resolve('pg/package.json')), 'utf8'),
  )
  assert.match(JSON.stringify(manifest), /"dependencies":\{[^}]*"pgpass"/)
})

test('the types of pg still hide the process ID', async () => {
  const client = new Client({ connectionString: SERVER_URL })
  await client.connect()
  // @ts-expect-error -- The build fails here when the types declare it.
  const { processID } = client
  await client.end()
  assert.equal(backendPid(client), String(processID))
})

test('pg still has no public method that closes the socket at once', () => {
  assert.deepEqual(
    Object.getOwnPropertyNames(Client.prototype).filter((name) =>
      /^(?:abort|close|destroy|terminate)/.test(name),
    ),
    [],
  )
})

test('pg still reads all rows in pages when it is asked for a number of rows', async () => {
  const client = new Client({ connectionString: SERVER_URL })
  await client.connect()
  const text = 'select * from generate_series(1, 5)'
  const config = { text, rows: 2 }
  assert.equal((await client.query(config)).rows.length, 5)
  const query = new FirstRows(text, 2)
  client.query(query)
  assert.equal((await query.result).rows.length, 2)
  assert.equal((await client.query('select 1')).rows.length, 1)
  await client.end()
})

test('pg still sends a cancel request without TLS', async (t) => {
  const server = createServer().listen(0, '127.0.0.1')
  t.after(() => server.close())
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  const client = new Client({ host: '127.0.0.1', port, ssl: true })
  client.connection.on('error', () => undefined)
  const query = {}
  const running = { activeQuery: query, processID: 1, secretKey: 2 }
  const { cancel } = Client.prototype as unknown as {
    cancel: (client: object, query: object) => void
  }
  cancel.call(client, running, query)
  const [socket] = (await once(server, 'connection')) as [Socket]
  const [message] = (await once(socket, 'data')) as [Buffer]
  socket.destroy()
  client.connection.stream.destroy()
  assert.deepEqual([message.length, message.readInt32BE(4)], [16, CANCEL_REQUEST])
})

test('errors of the SCRAM exchange still have no code', async (t) => {
  const { port } = await listen(authenticationSasl('SCRAM-SHA-1'), (hook) => t.after(hook))
  const error = await connectionError({ port, password: 'x' })
  assert.ok(isPasswordError(error), String(error))
  assert.ok(error instanceof Error && !(error instanceof DatabaseError) && !('code' in error))
})

test('the error for a server without TLS still has no code', async (t) => {
  const { port } = await listen(Buffer.from('N'), (hook) => t.after(hook))
  const error = await connectionError({ port, password: 'x', ssl: true })
  assert.ok(isTlsMissing(error), String(error))
  assert.ok(error instanceof Error && !('code' in error))
})
