import type { Logger } from '../logger.ts'
import { secretsInUrl } from '../url-secrets.ts'

/** Masks the password of a URL, in the form in which it stands there and in its own, and secret options. */
export function maskPassword(url: string, logger: Logger): void {
  for (const secret of secretsInUrl(url)) logger.mask(secret)
}
