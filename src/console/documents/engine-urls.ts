/** Joins the parts of a warehouse's URL, and splits one. Keeps `${NAME}` as it is. Pure. */

import type { JsonObject } from '../../singer/json.ts'
import { decodePercent } from '../../urls/percent-decoding.ts'

export interface UrlParts {
  /** With its colon, and the slashes before a host. */
  scheme: string
  user?: string
  password?: string
  host?: string
  port?: string
  /** After the host. */
  path?: string
  /** In place of user, host and path: a path of a file. */
  file?: string
  /** In place of all these: an address as it is written. */
  address?: string
  options: readonly (readonly [name: string, value: string])[]
  /** Options as they are written. */
  others?: string
}

const REFERENCE = /(\$\{[^}]*\})/

/**
 * Percent-encodes text, without its references to environment variables. A lone surrogate has no
 * UTF-8, so it cannot be encoded as it is.
 */
function encode(text: string, encodeText: (text: string) => string): string {
  return text
    .split(REFERENCE)
    .map((part, at) => (at % 2 === 1 ? part : encodeText(Buffer.from(part).toString())))
    .join('')
}

function userInfo({ user = '', password = '' }: UrlParts): string {
  if (user === '') return ''
  const shownPassword = password === '' ? '' : `:${encode(password, encodeURIComponent)}`
  return `${encode(user, encodeURIComponent)}${shownPassword}@`
}

function placeOf(parts: UrlParts): string {
  const { host = '', port = '', path = '', file, address } = parts
  if (address !== undefined) return address
  if (file !== undefined)
    return encode(file, (text) => encodeURI(text).replaceAll('?', '%3F').replaceAll('#', '%23'))
  const shownPort = port === '' ? '' : `:${port}`
  const shownPath = path === '' ? '' : `/${encode(path, encodeURIComponent)}`
  return `${userInfo(parts)}${host}${shownPort}${shownPath}`
}

/** Slashes and colons of a path such as `s3://bucket/cio` stay readable. */
function encodeOption(text: string): string {
  return encode(text, encodeURIComponent).replaceAll('%2F', '/').replaceAll('%3A', ':')
}

export function joinUrl(parts: UrlParts): string {
  const named = parts.options.map(([name, value]) => `${name}=${encodeOption(value)}`)
  const query = [...named, parts.others ?? ''].filter((option) => option !== '').join('&')
  return `${parts.scheme}${placeOf(parts)}${query === '' ? '' : `?${query}`}`
}

const SERVER =
  /^\w+:\/\/(?:([^:@/]*)(?::(.*))?@)?(\[[^\]]*\]|[^:/?@]*)(?::(\d+))?(?:\/([^?]*))?(?:\?.*)?$/s

/** Fields in `SCHEME://USER:PASSWORD@HOST:PORT/DATABASE`. Undefined when it is no such URL. */
export function splitServer(url: string): JsonObject | undefined {
  const found = SERVER.exec(url)
  if (!found) return undefined
  const [, user, password, host, port, database] = found
  const texts = { user, password, host, database }
  const filled = Object.entries(texts).filter(([, text]) => text !== undefined && text !== '')
  return {
    ...Object.fromEntries(filled.map(([name, text = '']) => [name, decodePercent(text)])),
    ...(port !== undefined && { port: Number(port) }),
  }
}

function nameOf(option: string): string {
  return option.split('=', 1)[0] ?? ''
}

/** The options of a URL: those with these names, decoded, and all others as they are written. */
export function splitOptions(
  url: string,
  names: readonly string[],
): { known: Record<string, string>; others: string } {
  const at = url.indexOf('?')
  const options = at === -1 ? [] : url.slice(at + 1).split('&')
  const known = options.filter((option) => names.includes(nameOf(option)))
  return {
    known: Object.fromEntries(
      known.map((option) => [
        nameOf(option),
        decodePercent(option.slice(nameOf(option).length + 1)),
      ]),
    ),
    others: options.filter((option) => option !== '' && !names.includes(nameOf(option))).join('&'),
  }
}
