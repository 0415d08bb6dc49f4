/** What is wrong when no server of ClickHouse answers as it should, and what to do. */

import { AppError } from '../../../errors.ts'

/** Codes of Node and OpenSSL for a certificate that is not accepted. */
const UNTRUSTED = /CERT|SELF_SIGNED|ISSUER|UNABLE_TO_|ALTNAME/
/** Codes for an answer that is not TLS. */
const NO_TLS = /^EPROTO$|^ERR_SSL_(?:WRONG_VERSION|PACKET_LENGTH|UNSUPPORTED|HTTP_REQUEST)/
/** Codes for a server that ends the connection at once. */
const CLOSED = new Set(['ECONNRESET', 'EPIPE', 'HPE_INVALID_CONSTANT'])
const PORTS = 'the port is the one of the HTTP interface, as a rule 8443, or 8123 without TLS'

function codeOf(error: Error): string {
  return 'code' in error ? String(error.code) : ''
}

/** TLS_FAILED for a failure of the encryption, which no retry changes; else undefined. */
export function tlsFailure(error: Error, server: string): AppError | undefined {
  const code = codeOf(error)
  const options = { cause: error }
  if (NO_TLS.test(code)) {
    return new AppError('TLS_FAILED', `ClickHouse at ${server} offers no TLS.`, {
      ...options,
      hint: 'Name the port of HTTPS in `warehouse_url`, as a rule 8443. To connect without TLS, add secure=false.',
    })
  }
  if (!UNTRUSTED.test(code)) return undefined
  return new AppError(
    'TLS_FAILED',
    `The certificate of ClickHouse at ${server} was refused (${code}).`,
    {
      ...options,
      hint: 'Name the file of its certificate authority in `ca_file`, and the host as the certificate names it.',
    },
  )
}

/** What to do about a connection that failed; undefined when nothing is known. */
export function connectionHint(error: Error): string | undefined {
  const code = codeOf(error)
  if (code === 'ENOTFOUND' || code === 'EAI_AGAIN') return 'Correct the host in `warehouse_url`.'
  if (code === 'ECONNREFUSED') {
    return `Start the server, or correct the host and the port in \`warehouse_url\`: ${PORTS}.`
  }
  if (CLOSED.has(code) || /socket hang up|HTTPS port|clickhouse-client/i.test(error.message)) {
    return `Correct the port in \`warehouse_url\`: ${PORTS}. Leave secure=false out for a port with TLS.`
  }
  return undefined
}
