/** The token of a link for logging in. Pure. */

/** The token of a whole link, or the text itself. */
export function tokenIn(text: string): string {
  const trimmed = text.trim()
  return URL.canParse(trimmed) ? (new URL(trimmed).searchParams.get('token') ?? trimmed) : trimmed
}
