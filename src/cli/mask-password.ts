import type { Logger } from '../logger.ts'

function decoded(text: string): string {
  try {
    return decodeURIComponent(text)
  } catch {
    return text
  }
}

/** Options of a URL that are secrets, also where the warehouse itself is refused. */
const SECRET_OPTIONS = ['password', 'motherduck_token']

/** Masks the password of a URL, in the form in which it stands there and in its own, and secret options. */
export function maskPassword(url: string, logger: Logger): void {
  if (!URL.canParse(url)) return
  const parsed = new URL(url)
  for (const secret of [parsed.password, decoded(parsed.password)]) logger.mask(secret)
  for (const option of SECRET_OPTIONS) logger.mask(parsed.searchParams.get(option) ?? '')
}
