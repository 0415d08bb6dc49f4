/** `channel_binding=require`: the password's exchange has to prove that both ends see the same TLS connection. */

import type { Client } from 'pg'
import { AppError } from '../../../errors.ts'

const BOUND_MECHANISM = 'SCRAM-SHA-256-PLUS'

interface Events {
  prependListener: (
    event: string,
    listener: (message: { mechanisms?: readonly string[] }) => void,
  ) => void
  stream: { destroy: (error: Error) => void }
}

function refusal(host: string): AppError {
  return new AppError(
    'TLS_FAILED',
    `The PostgreSQL server at ${host} does not offer the channel binding that channel_binding=require asks for.`,
    {
      hint: 'Use scram-sha-256 over TLS in pg_hba.conf of the server, or leave channel_binding out.',
    },
  )
}

/**
 * Ends the connection before a password goes over it without binding. The returned function throws for a server that asked for no password
 * at all; to be called when the connection is open.
 */
export function requireBinding(client: Client, host: string): () => void {
  // The protocol's events are there, but not in the types.
  const { connection } = client as unknown as { connection: Events }
  let isBound = false
  const refuse = () => connection.stream.destroy(refusal(host))
  connection.prependListener('authenticationSASL', ({ mechanisms = [] }) => {
    isBound = mechanisms.includes(BOUND_MECHANISM)
    if (!isBound) refuse()
  })
  connection.prependListener('authenticationCleartextPassword', refuse)
  connection.prependListener('authenticationMD5Password', refuse)
  return () => {
    if (!isBound) throw refusal(host)
  }
}
