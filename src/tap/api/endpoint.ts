/** Where the API is: the region's base URL, or the configured one where it is safe to send the key there. */

import { AppError } from '../../errors.ts'
import type { TapConfig } from '../../schemas.generated.ts'
import { isSafeUrl } from '../../url-safety.ts'

/** Base URLs by region (vendor documentation, "Regions"). */
const BASE_URLS = {
  us: 'https://api.customer.io/v1',
  eu: 'https://api-eu.customer.io/v1',
} as const

function refuse(reason: string): AppError {
  return new AppError('CONFIG_INVALID', `\`api_url\` ${reason}.`, {
    hint: 'Leave it out to use the region, or give a base URL such as https://api.customer.io/v1.',
  })
}

/** The base URL without a trailing slash. Throws CONFIG_INVALID for anything that could leak the key. */
export function baseUrlOf(config: Pick<TapConfig, 'api_url' | 'region'>): string {
  if (config.api_url === undefined) return BASE_URLS[config.region]
  const url = new URL(config.api_url)
  if (!isSafeUrl(url)) {
    throw refuse('must start with https:// (http:// is for loopback addresses only)')
  }
  if (url.username !== '' || url.password !== '') throw refuse('must not hold a user or a password')
  if (url.search !== '' || url.hash !== '') throw refuse('must not hold a query or a fragment')
  return `${url.origin}${url.pathname.replace(/\/+$/, '')}`
}
