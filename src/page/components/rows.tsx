/** How many rows a table has, in the same words on every screen. */

import { countText } from '../view/numbers.ts'

/** @param isCounted whether a count has looked for the table */
export function Rows({ count, isCounted }: { count: number | null; isCounted: boolean }) {
  if (count !== null) return <>{countText(count)}</>
  return <span class="quiet">{isCounted ? 'No table yet' : 'Not counted'}</span>
}
