import type { Logger } from '../logger.ts'

function decoded(text: string): string {
  try {
    return decodeURIComponent(text)
  } catch {
    return text
  }
}

/** Masks the password of a URL, in the form in which it stands there and in its own. */
export function maskPassword(url: string, logger: Logger): void {
  if (!URL.canParse(url)) return
  const parsed = new URL(url)
  for (const secret of [parsed.password, decoded(parsed.password)]) logger.mask(secret)
  logger.mask(parsed.searchParams.get('password') ?? '')
}
