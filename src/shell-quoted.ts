/** A word for a shell command that a person copies. Pure. */

/** The word, in quotes when a shell would read it differently without them. */
export function shellQuoted(word: string): string {
  return /^[\w./:@%+=-]+$/.test(word) ? word : `'${word.replaceAll("'", String.raw`'\''`)}'`
}
