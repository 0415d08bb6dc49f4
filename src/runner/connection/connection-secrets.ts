/** What of a connection must not be written anywhere. */

import { SecretMask } from '../../secrets.ts'
import { secretsInUrl } from '../../url-secrets.ts'
import type { Connection } from './connection.ts'

export function secretsOfConnection({ source, destination, notify }: Connection): string[] {
  const urls = [source.api_url, destination.warehouse_url, notify?.url]
  return [
    source.app_api_key,
    ...(notify?.secret === undefined ? [] : [notify.secret]),
    ...urls.flatMap((url) => (url === undefined ? [] : secretsInUrl(url))),
  ]
}

/** An error as it may be kept and sent: whatever threw it, its message shows no secret of the connection. */
export function maskedError<E extends { message: string } | null>(
  connection: Connection,
  error: E,
): E {
  if (error === null) return error
  return {
    ...error,
    message: new SecretMask(secretsOfConnection(connection)).masked(error.message),
  }
}
