/** What the test of the API key sends. Pure. */

import { textAt, valueAt, type Document, type Value } from '../view/documents.ts'

/** Settings that the test depends on. */
const TESTED = ['app_api_key', 'region', 'api_url'] as const
/** Settings that the number of requests depends on. */
const COUNTED = [...TESTED, 'requests_per_second'] as const

function picked(source: Document, names: readonly string[]): Document {
  const set = names.flatMap((name): [string, Value][] => {
    const value = source[name]
    return value === undefined ? [] : [[name, value]]
  })
  return Object.fromEntries(set)
}

function isSameIn(a: Document, b: Document, names: readonly string[]): boolean {
  return names.every((name) => a[name] === b[name])
}

/**
 * The source to test. The region that the last test found needs no other test.
 * @param tested what was tested last
 * @param found the region that the key belongs to
 */
export function sourceToTest(
  source: Document,
  tested: Document | undefined,
  found: string | null | undefined,
): Document {
  const wanted = picked(source, TESTED)
  const isFound = tested && isSameIn(wanted, tested, ['app_api_key', 'api_url'])
  return isFound && wanted['region'] === found ? tested : wanted
}

/** Whether nothing that the test depends on differs. */
export function isSameTest(a: Document, b: Document | undefined): boolean {
  return b !== undefined && isSameIn(a, b, TESTED)
}

/** The source whose requests are counted. */
export function sourceToCount(source: Document): Document {
  return picked(source, COUNTED)
}

/**
 * Whether a change of a text is one of several, so that the text may be half of a key. A key that
 * is pasted or filled in arrives at once. No shape of keys is known that would show it.
 */
export function isTyped({ inputType = '', data }: Partial<TextChange>): boolean {
  if (inputType === 'insertText') return (data ?? '').length <= 1
  return inputType === 'insertCompositionText' || inputType.startsWith('delete')
}

/** What an input event says. */
interface TextChange {
  inputType: string
  data: string | null
}

interface EnteredKey {
  document: Document
  /** The document before a person changed it. */
  base: Document
  isNew: boolean
}

/** Whether a key is tested without being asked: a new one, and a changed one. */
export function isTestedAtOnce({ base, document, isNew }: EnteredKey): boolean {
  return isNew || isKeyChanged(base, document)
}

/**
 * The region to enter after a test has found the one of the key. Undefined leaves it as it is, also
 * when nobody has changed the stored key.
 */
export function regionToEnter(
  entered: EnteredKey,
  found: string | null | undefined,
): string | undefined {
  if (!found || !isTestedAtOnce(entered)) return undefined
  const { document } = entered
  const isOwnAddress = textAt(document, 'source.api_url') !== ''
  return isOwnAddress || found === textAt(document, 'source.region') ? undefined : found
}

/** Whether a person has changed what the test of the key depends on. */
function isKeyChanged(base: Document, document: Document): boolean {
  return TESTED.some((name) => {
    const path = `source.${name}`
    return valueAt(base, path) !== valueAt(document, path)
  })
}
