/** Numbers as people read them. Pure. */

const WHOLE = new Intl.NumberFormat('en-US')
const COMPACT = new Intl.NumberFormat('en-US', { notation: 'compact', maximumFractionDigits: 1 })

/** `12,345` */
export function countText(count: number): string {
  return WHOLE.format(count)
}

/** `12.3K`, for axes of charts. */
export function compactText(count: number): string {
  return COMPACT.format(count)
}

/** `1 row`, `12,345 rows` */
export function amountOf(count: number, one: string, many = `${one}s`): string {
  return `${countText(count)} ${count === 1 ? one : many}`
}

/** The sum of the numbers that are known. Null when none is. */
export function knownSum(counts: readonly (number | null)[]): number | null {
  const known = counts.filter((count) => count !== null)
  return known.length === 0 ? null : known.reduce((sum, count) => sum + count, 0)
}

/** `campaign_actions` as `Campaign actions` */
export function titleOf(name: string): string {
  const words = name.replaceAll('_', ' ')
  return words.charAt(0).toUpperCase() + words.slice(1)
}
