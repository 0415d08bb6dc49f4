/**
 * The addresses by which browsers may reach the console. Every other Host is refused: by DNS
 * rebinding, a page of somebody else could read responses under its own name. Pure.
 */

import { AppError } from '../../errors.ts'
import { isLoopbackHost } from '../../urls/url-safety.ts'

export interface AddressOptions {
  /** Address to listen on. */
  host: string
  /** The port that the server listens on. */
  port: number
  /** The address that browsers use, when it is another one, as behind a proxy. */
  publicUrl?: string | undefined
}

export interface Addresses {
  /** Values of the header Host. */
  hosts: ReadonlySet<string>
  /** Values of the header Origin. */
  origins: ReadonlySet<string>
  /** What links begin with, without a slash at the end. */
  base: string
  /** Whether browsers use https. */
  isSecure: boolean
}

const DEFAULT_PORTS: Readonly<Record<string, number>> = { 'http:': 80, 'https:': 443 }

const LOOPBACK_NAMES = ['127.0.0.1', 'localhost', '[::1]']

/** All addresses of the machine. No browser uses one as a name. */
const ANY_HOSTS = ['0.0.0.0', '::', '[::]']

/** Whether only this machine can connect. A proxy on it lets others in, by its own address. */
export function isLocal(host: string, publicUrl?: string): boolean {
  return isLoopbackHost(host) && (publicUrl === undefined || isLoopbackHost(hostOf(publicUrl)))
}

function hostOf(url: string): string {
  return new URL(url).hostname
}

function bracketed(host: string): string {
  return host.includes(':') && !host.startsWith('[') ? `[${host}]` : host
}

/** Host as browsers write it: without the default port. */
function hostText(name: string, port: number, protocol: string): string {
  return port === DEFAULT_PORTS[protocol] ? name : `${name}:${port}`
}

/** Throws USAGE when the URL is not the root of an http or https server. */
export function parsePublicUrl(text: string): URL {
  const url = URL.canParse(text) ? new URL(text) : undefined
  const isRoot =
    url?.pathname === '/' && url.search === '' && url.hash === '' && url.username === ''
  if (url && isRoot && Object.hasOwn(DEFAULT_PORTS, url.protocol)) return url
  throw new AppError(
    'USAGE',
    `--public-url must be an address such as https://sync.example.com, not ${text}.`,
    {
      hint: 'The console must be at the root of its address.',
    },
  )
}

/** Throws USAGE when no browser could use the address. */
export function checkHost(host: string, publicUrl: string | undefined): void {
  if (!ANY_HOSTS.includes(host) || publicUrl !== undefined) return
  throw new AppError(
    'USAGE',
    `--host ${host} is every address of this machine, so the console does not know which one browsers use.`,
    {
      hint: 'Name it with --public-url, such as https://sync.example.com.',
    },
  )
}

/** See `Addresses`. The public address counts in addition to that of the socket. */
export function addressesOf({ host, port, publicUrl }: AddressOptions): Addresses {
  const own = [...new Set([...(isLocal(host) ? LOOPBACK_NAMES : []), bracketed(host)])]
  const known = ANY_HOSTS.includes(host) ? [] : own.map((name) => hostText(name, port, 'http:'))
  const outside = publicUrl === undefined ? undefined : parsePublicUrl(publicUrl)
  const hosts = [...known, ...(outside ? [outside.host] : [])]
  const origins = [...known.map((name) => `http://${name}`), ...(outside ? [outside.origin] : [])]
  return {
    hosts: new Set(hosts),
    origins: new Set(origins),
    base: outside?.origin ?? `http://${hostText(bracketed(host), port, 'http:')}`,
    isSecure: outside?.protocol === 'https:',
  }
}
