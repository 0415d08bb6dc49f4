/**
 * Everything that listens to the protocol of `pg`, uses what it does not document, or matches its
 * messages. Each workaround names the upstream thread. `driver-workarounds.test.ts` fails when
 * upstream makes one of them unnecessary.
 */

import { Query, type Client, type Connection, type FieldDef, type QueryArrayResult } from 'pg'
import { AppError } from '../../errors.ts'

const BOUND_MECHANISM = 'SCRAM-SHA-256-PLUS'

/** A message with the server's list of authentication mechanisms. */
interface SaslMessage {
  mechanisms?: readonly string[]
}

function cleartextRefusal(host: string): AppError {
  return new AppError(
    'TLS_FAILED',
    `The PostgreSQL server at ${host} asked for the password in cleartext, over a connection without TLS.`,
    { hint: 'Use sslmode=verify-full, or scram-sha-256 in pg_hba.conf of the server.' },
  )
}

/**
 * Closes the connection when the server asks for a cleartext password, before the password is sent.
 * `pg` sends it to any server that asks: https://github.com/brianc/node-postgres/pull/3746 adds
 * `require_auth`.
 */
export function refuseCleartextPassword(client: Client, host: string): void {
  const { connection } = client
  connection.prependListener('authenticationCleartextPassword', () =>
    connection.stream.destroy(cleartextRefusal(host)),
  )
}

function bindingRefusal(host: string): AppError {
  return new AppError(
    'TLS_FAILED',
    `The PostgreSQL server at ${host} does not offer the channel binding that channel_binding=require asks for.`,
    {
      hint: 'Use scram-sha-256 over TLS in pg_hba.conf of the server, or leave channel_binding out.',
    },
  )
}

/**
 * `channel_binding=require`: the password exchange must prove that both ends see the same TLS
 * connection. Closes the connection before a password is sent without binding. The returned
 * function throws for a server that asked for no password at all; call it when the connection is
 * open. `pg` can use the binding but not require it:
 * https://github.com/brianc/node-postgres/pull/3746.
 */
export function requireChannelBinding(client: Client, host: string): () => void {
  const { connection } = client
  let isBound = false
  const refuse = () => connection.stream.destroy(bindingRefusal(host))
  connection.prependListener('authenticationSASL', ({ mechanisms = [] }: SaslMessage) => {
    isBound = mechanisms.includes(BOUND_MECHANISM)
    if (!isBound) refuse()
  })
  connection.prependListener('authenticationCleartextPassword', refuse)
  connection.prependListener('authenticationMD5Password', refuse)
  return () => {
    if (!isBound) throw bindingRefusal(host)
  }
}

/**
 * The `password` option of a client. Given null, `pg` would look into the password file itself,
 * through `pgpass`: https://github.com/brianc/node-postgres/issues/3632. An empty string prevents
 * that.
 */
export function passwordOption(find: () => Promise<string | undefined>): () => Promise<string> {
  return async () => (await find()) ?? ''
}

/**
 * The process ID that the other end sent when the connection was opened. A pooler sends an invented
 * one. The types do not declare it: https://github.com/brianc/node-postgres/issues/2665.
 */
export function backendPid(client: Client): string {
  return String((client as unknown as { processID: number | null }).processID)
}

/**
 * Closes the socket at once, in every state of the connection. `end` waits for the server, and
 * there is no public method that does not: https://github.com/brianc/node-postgres/issues/1244.
 */
export function destroySocket(client: Client): void {
  client.connection.stream.destroy()
}

/** What the types of `Client` and `Connection` do not declare. */
interface CancelKey {
  processID: number | null
  secretKey: number | null
}
interface CancelSender {
  connect: (portOrPath: number | string, host?: string) => void
  requestSsl: () => void
  cancel: (processID: number | null, secretKey: number | null) => void
}

/**
 * Asks the server to end the statement that the client runs, over a client that is not connected
 * and never will be. Resolves when the server has taken the request, or cannot be reached. The
 * `cancel` of `pg` is not documented, and never encrypts what it sends:
 * https://github.com/brianc/node-postgres/pull/3751.
 */
export async function requestCancel(client: Client, unconnected: Client): Promise<void> {
  const { processID, secretKey } = client as unknown as CancelKey
  const { connection, host, port } = unconnected
  const sender = connection as unknown as CancelSender
  const send = () => sender.cancel(processID, secretKey)
  const ended = new Promise<void>((resolve) => {
    connection.once('end', () => resolve())
    connection.on('error', () => resolve())
  })
  connection.once('connect', () => (unconnected.ssl ? sender.requestSsl() : send()))
  connection.once('sslconnect', send)
  if (host.startsWith('/')) sender.connect(`${host}/.s.PGSQL.${port}`)
  else sender.connect(port, host)
  await ended
}

/**
 * True when the SCRAM exchange failed in the driver, most often because there is no password. The
 * error has no code: https://github.com/brianc/node-postgres/pull/2901 introduced the messages.
 */
export function isPasswordError(error: unknown): boolean {
  return error instanceof Error && error.message.startsWith('SASL: ')
}

/**
 * True when the server replied that it does not offer TLS. The error has no code:
 * https://github.com/brianc/node-postgres/pull/1572 would rework these errors.
 */
export function isTlsMissing(error: unknown): boolean {
  return error instanceof Error && error.message.includes('does not support SSL connections')
}

/**
 * One statement, of which at most `maxRows` rows are read. With its option `rows`, which is not
 * documented, `pg` reads all rows in pages. The package pg-cursor reads single pages, and this
 * needs only the first one: https://github.com/brianc/node-postgres/tree/master/packages/pg-cursor.
 */
export class FirstRows extends Query {
  /** Strings as the server sent them. */
  readonly result: Promise<{ fields: FieldDef[]; rows: (string | null)[][] }>

  constructor(text: string, maxRows: number) {
    const config = { text, rows: maxRows, rowMode: 'array' }
    super(config)
    this.result = new Promise((resolve, reject) => {
      this.once('end', (result: QueryArrayResult<(string | null)[]>) => resolve(result))
      this.once('error', reject)
    })
  }

  /** `pg` calls this when the server has more rows. */
  handlePortalSuspended(connection: Connection): void {
    connection.sync()
  }
}
