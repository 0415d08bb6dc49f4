/** The base URL of the API: the region's, or `api_url` if it is safe to send the key there. */

import { AppError } from '../../errors.ts'
import { isSafeUrl } from '../../urls/url-safety.ts'
import type { TapConfig } from '../../schemas.generated.ts'

/** Base URLs by region (vendor documentation, "Regions"). */
const BASE_URLS = {
  us: 'https://api.customer.io/v1',
  eu: 'https://api-eu.customer.io/v1',
} as const

function invalidUrl(reason: string): AppError {
  return new AppError('CONFIG_INVALID', `\`api_url\` ${reason}.`, {
    hint: 'Remove it to use `region`, or set a base URL such as https://api.customer.io/v1.',
  })
}

/** Without a trailing slash. Throws CONFIG_INVALID for a URL that could leak the key. */
export function baseUrlOf(config: Pick<TapConfig, 'api_url' | 'region'>): string {
  if (config.api_url === undefined) return BASE_URLS[config.region]
  const url = new URL(config.api_url)
  if (!isSafeUrl(url)) {
    throw invalidUrl('must start with https:// (http:// is for loopback addresses only)')
  }
  if (url.username !== '' || url.password !== '')
    throw invalidUrl('must not contain a user or a password')
  if (url.search !== '' || url.hash !== '')
    throw invalidUrl('must not contain a query or a fragment')
  return `${url.origin}${url.pathname.replace(/\/+$/, '')}`
}
