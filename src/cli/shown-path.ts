import { relative } from 'node:path'

/** A path as a person who works in the current folder writes it. */
export function shownPath(absolute: string): string {
  const fromHere = relative(process.cwd(), absolute)
  return fromHere.startsWith('..') || fromHere === '' ? absolute : fromHere
}
