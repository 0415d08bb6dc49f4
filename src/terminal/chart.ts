/** Pure: a small text chart, one column a run. */

const BLOCKS = '▁▂▃▄▅▆▇█'

/** Heights relative to the greatest value; a blank for null, the lowest block for 0. */
export function sparkline(values: readonly (number | null)[]): string {
  const greatest = Math.max(...values.map((value) => value ?? 0), 0)
  return values
    .map((value) => {
      if (value === null) return ' '
      const share = greatest === 0 ? 0 : value / greatest
      return BLOCKS[Math.min(BLOCKS.length - 1, Math.floor(share * BLOCKS.length))] ?? ''
    })
    .join('')
}
