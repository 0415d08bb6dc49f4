/**
 * Pure: which rows must be read again, because they have reached an age at which they are due.
 *
 * Each age is a rung. The mark of a rung is an instant: every row that was created up to it was
 * read at this age or older. Each rung continues from its own mark, so no pause skips a row, and
 * one read serves all rungs that a row is old enough for.
 */

/** A closed interval of creation times, in epoch seconds. */
export interface Span {
  from: number
  to: number
}

export interface Ladder {
  /** In seconds, ascending. */
  ages: readonly number[]
  /** For each age, in epoch seconds. */
  marks: readonly number[]
}

const UNIT_SECONDS: Readonly<Record<string, number>> = { m: 60, h: 3600, d: 86_400 }

/** `5m`, `6h` or `30d` in seconds. */
export function ageSeconds(age: string): number {
  const [, count, unit] = /^(\d+)([mhd])$/.exec(age) ?? []
  const seconds = Number(count) * (UNIT_SECONDS[unit ?? ''] ?? NaN)
  if (!(seconds > 0)) throw new Error(`${age} is not an age`)
  return seconds
}

function markOf({ marks }: Ladder, rung: number): number {
  return marks[rung] ?? -Infinity
}

/** What must be read now: ascending, disjoint, as few spans as possible. */
export function dueSpans(ladder: Ladder, nowSeconds: number): Span[] {
  const due = ladder.ages
    .map((age, rung) => ({ from: markOf(ladder, rung) + 1, to: nowSeconds - age }))
    .filter(({ from, to }) => from <= to)
    .toSorted((a, b) => a.from - b.from)
  const merged: Span[] = []
  for (const span of due) {
    const last = merged.at(-1)
    if (last && span.from <= last.to + 1) last.to = Math.max(last.to, span.to)
    else merged.push({ ...span })
  }
  return merged
}

/**
 * The marks after a span was read. A mark never passes rows that are still unread, or that were
 * younger than its age.
 * @param readAtSeconds when the first page was requested, or earlier
 */
export function afterReading({ ages, marks }: Ladder, read: Span, readAtSeconds: number): number[] {
  return marks.map((mark, rung) => {
    const reached = Math.min(read.to, readAtSeconds - (ages[rung] ?? Infinity))
    return mark >= read.from - 1 && reached > mark ? reached : mark
  })
}
