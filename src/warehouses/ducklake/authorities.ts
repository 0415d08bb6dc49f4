/** Certificate authorities for libpq, which DuckDB uses for the catalog. */

import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { rootCertificates } from 'node:tls'
import { trustsNode } from '../postgres/connect/tls.ts'
import type { PostgresUrl } from '../postgres/url.ts'

/**
 * The URL for libpq. Where Node would check the certificate with its own authorities, libpq gets
 * them in a file in the folder, because it has none.
 */
export function withAuthorities(
  url: PostgresUrl,
  { folder, env }: { folder: string; env: NodeJS.ProcessEnv },
): PostgresUrl {
  if (!trustsNode(url)) return url
  const extra = env['NODE_EXTRA_CA_CERTS'] ?? ''
  const more = extra !== '' && existsSync(extra) ? [readFileSync(extra, 'utf8')] : []
  const sslRootCert = join(folder, 'authorities.pem')
  writeFileSync(sslRootCert, [...rootCertificates, ...more].join('\n'))
  return { ...url, sslRootCert }
}
