/** The secrets of a connection, which must not be written anywhere. */

import { SecretMask } from '../../secrets.ts'
import { secretsInUrl, secretsInWebhook } from '../../urls/url-secrets.ts'
import type { Connection } from './connection.ts'

export function secretsOfConnection({ source, destination, notify }: Connection): string[] {
  const urls = [source.api_url, destination.warehouse_url]
  return [
    source.app_api_key,
    ...(notify?.secret === undefined ? [] : [notify.secret]),
    ...(notify === undefined ? [] : secretsInWebhook(notify.url)),
    ...urls.flatMap((url) => (url === undefined ? [] : secretsInUrl(url))),
  ]
}

/** The error with the connection's secrets masked in its message, safe to store and to send. */
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
