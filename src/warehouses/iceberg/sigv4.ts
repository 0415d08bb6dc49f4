/**
 * AWS's Signature Version 4 of a GET request without a body. Our own code, because one request
 * needs it, and AWS's libraries are larger than the loader.
 */

import { createHash, createHmac } from 'node:crypto'

export interface AwsKeys {
  keyId: string
  secret: string
  /** For temporary keys. */
  sessionToken?: string | undefined
}

export interface Signed {
  url: URL
  service: string
  region: string
  keys: AwsKeys
  now: Date
}

function hash(text: string): string {
  return createHash('sha256').update(text).digest('hex')
}

function hmac(key: string | Buffer, text: string): Buffer {
  return createHmac('sha256', key).update(text).digest()
}

/** AWS escapes everything but letters, digits and `-_.~`. */
function escaped(text: string): string {
  return encodeURIComponent(text).replaceAll(
    /[!'()*]/g,
    (letter) => `%${letter.charCodeAt(0).toString(16).toUpperCase()}`,
  )
}

function canonicalQuery({ searchParams }: URL): string {
  return [...searchParams]
    .map(([name, value]) => `${escaped(name)}=${escaped(value)}`)
    .toSorted()
    .join('&')
}

/** All services but S3 escape the path a second time. */
function canonicalPath({ pathname }: URL): string {
  return pathname.split('/').map(escaped).join('/')
}

/** The headers to send. */
export function signedHeaders({ url, service, region, keys, now }: Signed): Record<string, string> {
  const time = now.toISOString().replaceAll(/[-:]|\.\d+/g, '')
  const day = time.slice(0, 8)
  const headers: Record<string, string> = {
    host: url.host,
    'x-amz-date': time,
    ...(keys.sessionToken && { 'x-amz-security-token': keys.sessionToken }),
  }
  const names = Object.keys(headers).join(';')
  const lines = Object.entries(headers).map(([name, value]) => `${name}:${value}\n`)
  const request = ['GET', canonicalPath(url), canonicalQuery(url), lines.join(''), names, hash('')]
  const scope = `${day}/${region}/${service}/aws4_request`
  const text = ['AWS4-HMAC-SHA256', time, scope, hash(request.join('\n'))].join('\n')
  const key = [day, region, service, 'aws4_request'].reduce<string | Buffer>(
    hmac,
    `AWS4${keys.secret}`,
  )
  const signature = hmac(key, text).toString('hex')
  const credential = `${keys.keyId}/${scope}`
  return {
    ...headers,
    authorization: `AWS4-HMAC-SHA256 Credential=${credential}, SignedHeaders=${names}, Signature=${signature}`,
  }
}
