/**
 * `sslmode` as in libpq: the kinds of connection to try, in order, and what each of them checks.
 */

import { existsSync } from 'node:fs'
import { readFile } from 'node:fs/promises'
import { homedir } from 'node:os'
import { join } from 'node:path'
import { checkServerIdentity, type ConnectionOptions } from 'node:tls'
import { AppError } from '../../../errors.ts'
import { sqlStateOf } from '../errors.ts'
import { isTlsMissing } from '../driver-workarounds.ts'
import type { PostgresUrl } from '../url.ts'

/** Undefined: without TLS. */
export type Tls = ConnectionOptions | undefined

async function readPem(path: string, option: string): Promise<string> {
  return readFile(path, 'utf8').catch((cause: unknown) => {
    throw new AppError('CONFIG_INVALID', `The file ${path} of \`${option}\` could not be read.`, {
      cause,
    })
  })
}

/** The standard file of libpq with this name, if it exists. */
function standardFile(name: string): string | undefined {
  const path = join(homedir(), '.postgresql', name)
  return existsSync(path) ? path : undefined
}

/** True when the authorities of Node check the certificate of the server. */
export function trustsNode({ host, sslMode, sslRootCert }: PostgresUrl): boolean {
  const isChecked = !host.startsWith('/') && ['verify-ca', 'verify-full'].includes(sslMode)
  const rootPath = sslRootCert ?? standardFile('root.crt')
  return isChecked && (rootPath === undefined || rootPath === 'system')
}

async function clientCertificate(url: PostgresUrl): Promise<ConnectionOptions> {
  const cert = url.sslCert ?? standardFile('postgresql.crt')
  const key = url.sslKey ?? standardFile('postgresql.key')
  if (cert === undefined || key === undefined) return {}
  return { cert: await readPem(cert, 'sslcert'), key: await readPem(key, 'sslkey') }
}

/**
 * Kinds of connection to try, in order. Throws CONFIG_INVALID when a file cannot be read, or when
 * channel binding is required without TLS.
 */
export async function tlsAttempts(url: PostgresUrl): Promise<Tls[]> {
  const attempts = await attemptsOf(url)
  if (!url.isBindingRequired) return attempts
  const encrypted = attempts.filter((tls) => tls !== undefined)
  if (encrypted.length > 0) return encrypted
  throw new AppError(
    'CONFIG_INVALID',
    'channel_binding=require needs TLS, which a Unix socket and sslmode=disable do not have.',
    { hint: 'Leave channel_binding out, or use another sslmode.' },
  )
}

async function attemptsOf(url: PostgresUrl): Promise<Tls[]> {
  const mode = url.host.startsWith('/') ? 'disable' : url.sslMode
  if (mode === 'disable') return [undefined]
  const rootPath = url.sslRootCert ?? standardFile('root.crt')
  const hasRoot = rootPath !== undefined && rootPath !== 'system'
  const shared: ConnectionOptions = {
    ...(await clientCertificate(url)),
    ...(hasRoot && { ca: await readPem(rootPath, 'sslrootcert') }),
    minVersion: url.minTlsVersion,
  }
  const unchecked = { ...shared, rejectUnauthorized: false }
  const checked = { ...shared, rejectUnauthorized: true }
  const withoutName = { ...checked, checkServerIdentity: () => undefined }
  switch (mode) {
    case 'allow':
      return [undefined, unchecked]
    case 'prefer':
      return [unchecked, undefined]
    case 'require':
      // As in libpq, an existing root certificate makes it verify-ca.
      return [rootPath === undefined ? unchecked : withoutName]
    case 'verify-ca':
      return [withoutName]
    case 'verify-full':
      return [
        { ...checked, checkServerIdentity: (_name, cert) => checkServerIdentity(url.host, cert) },
      ]
  }
}

/** pg_hba.conf allows no such connection. */
const NOT_ALLOWED = '28000'
/** Matches the codes of OpenSSL and Node for a refused certificate. */
const CERTIFICATE_ERROR = /CERT|SELF_SIGNED|ISSUER|UNABLE_TO_|ALTNAME/

/** How far an attempt came: 0 is the farthest. */
function distance(error: unknown, url: PostgresUrl): number {
  const state = sqlStateOf(error)
  // pg_hba.conf may refuse one kind of connection and allow the other.
  if (state !== undefined) return state === NOT_ALLOWED ? 2 : 0
  if (isTlsMissing(error)) return 4
  return error instanceof AppError || tlsError(error, url) ? 1 : 3
}

/** The failure of the attempt that came farthest; the first one of several. */
export function mostHelpfulError(failures: readonly unknown[], url: PostgresUrl): unknown {
  const [farthest] = failures.toSorted((a, b) => distance(a, url) - distance(b, url))
  return tlsError(farthest, url) ?? farthest
}

/** TLS_FAILED for a failure of the encryption, with what to change; else undefined. */
function tlsError(error: unknown, url: PostgresUrl): AppError | undefined {
  const { host, sslMode, isBindingRequired } = url
  if (!(error instanceof Error)) return undefined
  const code = 'code' in error ? String(error.code) : ''
  const options = { cause: error }
  if (isTlsMissing(error)) {
    return new AppError('TLS_FAILED', `The PostgreSQL server at ${host} offers no TLS.`, {
      ...options,
      hint: isBindingRequired
        ? 'Turn on TLS in the server, or leave channel_binding out, which needs it.'
        : `Turn on TLS in the server, or allow a connection without it by sslmode=disable; sslmode is ${sslMode}.`,
    })
  }
  if (code.startsWith('ERR_OSSL')) {
    const sentence = `A certificate or key of \`warehouse_url\` could not be used (${code}).`
    const hint = 'Check the files of sslrootcert, sslcert and sslkey: each is a PEM file.'
    return new AppError('TLS_FAILED', sentence, { ...options, hint })
  }
  if (code.startsWith('ERR_TLS') || code.startsWith('ERR_SSL') || CERTIFICATE_ERROR.test(code)) {
    return new AppError(
      'TLS_FAILED',
      `The certificate of the PostgreSQL server at ${host} was refused (${code}).`,
      {
        ...options,
        hint: 'Name the file of its certificate authority in sslrootcert, and the host as the certificate names it; sslmode=verify-ca ignores the name, sslmode=require everything.',
      },
    )
  }
  return undefined
}
