/**
 * Finds the secrets in a URL, raw and decoded: its password and options such as `token`. Accepts
 * invalid URLs.
 */

import { decodePercent } from './percent-decoding.ts'

/**
 * From the first colon after the scheme's slashes to the last `@`: a password may contain either.
 */
const RAW_PASSWORD = /^(?:[a-z][a-z\d+.-]*:)+\/\/[^:@/]*:(.*)@/is
/** Before the URL of a lake's catalog. */
const LAKE_PREFIX = /^(?:ducklake|iceberg):/i
const SECRET_OPTION =
  /(?:^|[?&])(?:[^=&?]*(?:password|passwd|token|secret|signature|key)[^=&?]*|sig)=([^&#]*)/gi
/** Shorter parts of a path are words, such as the name of a channel. */
const MIN_PATH_SECRET = 16

/** The secrets to mask. Empty when the URL has none. */
export function secretsInUrl(url: string): string[] {
  const raw = RAW_PASSWORD.exec(url)?.[1] ?? ''
  const options = [...url.matchAll(SECRET_OPTION)].map(([, value = '']) => value)
  const inner = url.replace(LAKE_PREFIX, '')
  const parsed = URL.canParse(inner) ? [new URL(inner).password] : []
  const found = [raw, ...options, ...parsed]
  return [...new Set([...found, ...found.map(decodePercent)])].filter((secret) => secret !== '')
}

/**
 * The URL with `shown` in place of each secret, found by its place: the same word may be the user
 * too. Null when the password has no place that is known.
 */
export function withoutSecrets(url: string, shown: (secret: string) => string): string | null {
  const inner = url.replace(LAKE_PREFIX, '')
  const password = RAW_PASSWORD.exec(url)?.[1] ?? ''
  if (password === '' && URL.canParse(inner) && new URL(inner).password !== '') return null
  const hide = (whole: string, secret: string, end = '') => {
    if (secret === '') return whole
    return `${whole.slice(0, whole.length - end.length - secret.length)}${shown(secret)}${end}`
  }
  return url
    .replace(RAW_PASSWORD, (whole, secret: string) => hide(whole, secret, '@'))
    .replaceAll(SECRET_OPTION, (whole, secret: string) => hide(whole, secret))
}

/**
 * The secrets in the URL of a webhook. Chats have no password: who knows the path can post. Empty
 * for a path of short words.
 */
export function secretsInWebhook(url: string): string[] {
  const { pathname, search } = URL.canParse(url) ? new URL(url) : { pathname: '', search: '' }
  const parts = [`${pathname}${search}`, pathname, ...pathname.split('/')]
  const long = parts.filter((part) => part.length >= MIN_PATH_SECRET)
  return [...new Set([...secretsInUrl(url), ...long, ...long.map(decodePercent)])]
}
