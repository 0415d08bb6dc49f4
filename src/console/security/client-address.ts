/** Who sends a request, as far as the limit of logins needs to know. Pure. */

import { isIP } from 'node:net'
import { isLoopbackHost } from '../../urls/url-safety.ts'

export interface Client {
  address: string
  /** The proxy that named the address. It may pass on what the client itself claims. */
  proxy?: string
}

export interface AddressFacts {
  /** The other end of the connection. */
  socketAddress: string
  /** The header X-Forwarded-For. */
  forwardedFor: string | undefined
  /** Whether browsers use the address of a proxy. */
  hasProxy: boolean
}

/** An address of IPv4 that is written as one of IPv6 as it is. */
export function plainAddress(address: string): string {
  return /^::ffff:([\d.]+)$/i.exec(address)?.[1] ?? address
}

/** The address that a proxy on this machine added last, or that of the connection. */
export function clientOf({ socketAddress, forwardedFor = '', hasProxy }: AddressFacts): Client {
  const proxy = plainAddress(socketAddress)
  const address = plainAddress(forwardedFor.split(',').at(-1)?.trim() ?? '')
  const isNamed = hasProxy && isLoopbackHost(proxy) && isIP(address) !== 0
  return isNamed ? { address, proxy } : { address: proxy }
}
