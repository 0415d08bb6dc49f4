/** The string with its percent-escapes decoded, or unchanged when one of them is invalid. */
export function decodePercent(text: string): string {
  try {
    return decodeURIComponent(text)
  } catch {
    return text
  }
}
