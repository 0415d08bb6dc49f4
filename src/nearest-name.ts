/** The known name that somebody probably meant. */

/** How many letters must change for one word to become the other. */
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

/** Names longer than this are no misspelt ones. */
const MAX_CHARS = 60

/** The nearest of the known names; undefined where none is near. Letter case does not count. */
export function nearestName(name: string, known: readonly string[]): string | undefined {
  if (name.length > MAX_CHARS) return undefined
  const wanted = name.toLowerCase().replaceAll('-', '_')
  const whole = known.find((one) => isPart(wanted, one))
  if (whole !== undefined) return whole
  const [nearest] = known.toSorted((a, b) => distance(a, wanted) - distance(b, wanted))
  const isNear =
    nearest !== undefined && distance(nearest, wanted) <= Math.min(3, nearest.length - 1)
  return isNear ? nearest : undefined
}
