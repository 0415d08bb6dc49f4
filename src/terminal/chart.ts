/**
 * Pure: draws a small bar chart as text, one character per value. Our own code, because it is one
 * function.
 */

const BLOCKS = '▁▂▃▄▅▆▇█'

/** Heights are relative to the largest value. Null is a blank, 0 the lowest block. */
export function sparkline(values: readonly (number | null)[]): string {
  const largest = Math.max(...values.map((value) => value ?? 0), 0)
  return values
    .map((value) => {
      if (value === null) return ' '
      const share = largest === 0 ? 0 : value / largest
      return BLOCKS[Math.min(BLOCKS.length - 1, Math.floor(share * BLOCKS.length))] ?? ''
    })
    .join('')
}
