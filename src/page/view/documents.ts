/** Reads, changes and compares documents by the paths of their settings. Pure. */

import type { Api } from '../../console/api/schemas.generated.ts'

export type Document = Api<'Document'>
export type Value = Document[string]

function isSection(value: Value | undefined): value is Document {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

/** The value at a path such as `source.region`. Undefined when it is not there. */
export function valueAt(document: Document, path: string): Value | undefined {
  return path
    .split('.')
    .reduce<Value | undefined>(
      (value, name) => (isSection(value) ? value[name] : undefined),
      document,
    )
}

/** The value as a section; empty when it is none. */
export function sectionAt(document: Document, path: string): Document {
  const value = valueAt(document, path)
  return isSection(value) ? value : {}
}

/** A string or a number as text; empty otherwise. */
export function textAt(document: Document, path: string): string {
  const value = valueAt(document, path)
  return typeof value === 'string' || typeof value === 'number' ? String(value) : ''
}

function withNames(
  document: Document,
  [name = '', ...rest]: readonly string[],
  value: Value | undefined,
): Document {
  const { [name]: old, ...others } = document
  if (rest.length > 0)
    return { ...document, [name]: withNames(isSection(old) ? old : {}, rest, value) }
  return value === undefined ? others : { ...document, [name]: value }
}

/** The document with another value at the path. Undefined removes it. */
export function withValue(document: Document, path: string, value: Value | undefined): Document {
  return withNames(document, path.split('.'), value)
}

/** Paths of all values that are no section. An empty section counts as a value. */
function leaves(document: Document, prefix = ''): string[] {
  return Object.entries(document).flatMap(([name, value]) => {
    const path = `${prefix}${name}`
    return isSection(value) && Object.keys(value).length > 0 ? leaves(value, `${path}.`) : [path]
  })
}

function isEqual(a: Value | undefined, b: Value | undefined): boolean {
  return JSON.stringify(a) === JSON.stringify(b)
}

/** Paths at which two documents differ, in the order of the first. */
export function differences(a: Document, b: Document): string[] {
  const paths = [...new Set([...leaves(a), ...leaves(b)])]
  return paths.filter((path) => !isEqual(valueAt(a, path), valueAt(b, path)))
}

export interface Merged {
  /** The changes of both. Where both changed a value, ours. */
  document: Document
  /** Paths at which both changed a value, each to another one. */
  conflicts: string[]
  /** Paths that only they changed. */
  theirs: string[]
}

/** Joins two edits of the same document. */
export function mergeEdits(base: Document, ours: Document, theirs: Document): Merged {
  const changedByUs = differences(base, ours)
  const changedByThem = differences(base, theirs)
  const conflicts = changedByUs.filter(
    (path) => changedByThem.includes(path) && !isEqual(valueAt(ours, path), valueAt(theirs, path)),
  )
  const document = changedByUs.reduce(
    (joined, path) => withValue(joined, path, valueAt(ours, path)),
    theirs,
  )
  return {
    document,
    conflicts,
    theirs: changedByThem.filter((path) => !changedByUs.includes(path)),
  }
}

/** A value for people. */
export function valueText(value: Value | undefined): string {
  if (value === undefined) return 'not set'
  return typeof value === 'string' ? value : JSON.stringify(value)
}
