/** Returns the items that the words name; all of them without words. */
export function chosenByName<T extends { name: string }>(
  items: readonly T[],
  words: readonly string[],
): readonly T[] {
  const names = new Set(items.map(({ name }) => name))
  const unknown = words.filter((word) => !names.has(word))
  if (unknown.length > 0) {
    throw new Error(
      `Nothing has the name ${unknown.join(', ')}. Known names: ${[...names].join(', ')}.`,
    )
  }
  return words.length === 0 ? items : items.filter(({ name }) => words.includes(name))
}
