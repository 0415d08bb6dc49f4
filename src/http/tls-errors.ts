/**
 * Which error codes of Node and OpenSSL are TLS failures that a retry cannot fix, and what to do.
 */

import { AppError } from '../errors.ts'

const UNTRUSTED =
  /^(CERT_|CRL_|DEPTH_ZERO_|SELF_SIGNED|UNABLE_TO_|ERROR_IN_CERT|HOSTNAME_MISMATCH|INVALID_|PATH_LENGTH|ERR_TLS_CERT|UND_ERR_PRX_TLS)/
/** No TLS, or no common version. A corrupt record is a transient network failure instead. */
const NO_COMMON_TLS = /^(EPROTO$|ERR_SSL_(?!.*(BAD_RECORD|DECRYPT|INTERNAL_ERROR|UNEXPECTED_EOF)))/

function trustHint(code: string): string {
  if (code === 'CERT_HAS_EXPIRED' || code === 'CERT_NOT_YET_VALID') {
    return "Check this machine's clock. If it is right, the operator of the server or proxy must renew the certificate."
  }
  if (code === 'ERR_TLS_CERT_ALTNAME_INVALID' || code === 'HOSTNAME_MISMATCH') {
    return 'The certificate is for another host: check `api_url` and any proxy.'
  }
  return 'If a company proxy signs traffic, name its CA file in NODE_EXTRA_CA_CERTS.'
}

/** TLS_FAILED; undefined for any other code. */
export function tlsError(code: string, path: string, cause: unknown): AppError | undefined {
  if (UNTRUSTED.test(code)) {
    return new AppError('TLS_FAILED', `The connection for GET ${path} is not trusted (${code}).`, {
      hint: trustHint(code),
      cause,
    })
  }
  if (!NO_COMMON_TLS.test(code)) return undefined
  return new AppError(
    'TLS_FAILED',
    `The connection for GET ${path} could not be secured (${code}).`,
    { hint: 'The server must support TLS 1.2 or later: check `api_url` and any proxy.', cause },
  )
}
