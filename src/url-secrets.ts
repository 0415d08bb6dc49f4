/** Secrets in a URL: its password and its key-like options, as they stand there and decoded. Works for texts that no parser takes, too. */

import { decodePercent } from './percent-decoding.ts'

/** From the first colon behind the scheme's slashes to the last `@`: a password may hold any of them. */
const RAW_PASSWORD = /^[a-z][a-z\d+.-]*:\/\/[^:@/]*:(.*)@/is
const SECRET_OPTION = /(?:^|[?&])[^=&?]*(?:password|passwd|token|secret|key)[^=&?]*=([^&#]*)/gi

/** For masks. Empty for a URL without any. */
export function secretsInUrl(url: string): string[] {
  const raw = RAW_PASSWORD.exec(url)?.[1] ?? ''
  const options = [...url.matchAll(SECRET_OPTION)].map(([, value = '']) => value)
  const parsed = URL.canParse(url) ? [new URL(url).password] : []
  const found = [raw, ...options, ...parsed]
  return [...new Set([...found, ...found.map(decodePercent)])].filter((secret) => secret !== '')
}
