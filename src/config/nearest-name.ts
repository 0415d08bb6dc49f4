/** Suggests the known name that a misspelled one probably means. */

/** Levenshtein distance: the number of letters to change, add or drop. */
function distance(a: string, b: string): number {
  let row = Array.from({ length: b.length + 1 }, (_unused, at) => at)
  for (let i = 1; i <= a.length; i++) {
    const next = [i]
    for (let j = 1; j <= b.length; j++) {
      const change = (row[j - 1] ?? 0) + (a[i - 1] === b[j - 1] ? 0 : 1)
      next.push(Math.min(change, (row[j] ?? 0) + 1, (next[j - 1] ?? 0) + 1))
    }
    row = next
  }
  return row[b.length] ?? 0
}

/** `api_key` is a part of `app_api_key`. */
function isPart(part: string, whole: string): boolean {
  return part.length >= 4 && `_${whole}_`.includes(`_${part}_`)
}

/** A longer name is not treated as a misspelling. */
const MAX_CHARS = 60

/** The nearest known name, ignoring case. Undefined when none is near. */
export function nearestName(name: string, known: readonly string[]): string | undefined {
  if (name.length > MAX_CHARS) return undefined
  const wanted = name.toLowerCase().replaceAll('-', '_')
  const [nearest] = known.toSorted((a, b) => distance(a, wanted) - distance(b, wanted))
  if (nearest !== undefined && distance(nearest, wanted) <= 1) return nearest
  const whole = known.find((one) => isPart(wanted, one))
  if (whole !== undefined) return whole
  const isNear =
    nearest !== undefined && distance(nearest, wanted) <= Math.min(3, nearest.length - 1)
  return isNear ? nearest : undefined
}

/** Beginning of a hint: `Did you mean status? `, or nothing when no name is near. */
export function didYouMean(name: string, known: readonly string[]): string {
  const nearest = nearestName(name, known)
  return nearest === undefined ? '' : `Did you mean ${nearest}? `
}
