/** Pure: settings that hold one of a few words, or a list of names. */

import { nearestName } from './nearest-name.ts'
import type { SettingSchema } from './settings.ts'

export interface NameListSchema {
  /** Words that are no list. */
  words: readonly string[]
  names: readonly string[]
}

function stringsIn(values: readonly unknown[] | undefined): string[] {
  return (values ?? []).filter((value) => typeof value === 'string')
}

/** The words and names that a setting allows. Undefined for every other setting. */
export function nameListOf({ anyOf }: SettingSchema): NameListSchema | undefined {
  const list = anyOf?.find(({ items }) => items?.enum !== undefined)
  if (!anyOf || !list) return undefined
  const words = anyOf.flatMap(({ enum: values }) => stringsIn(values))
  return { words, names: stringsIn(list.items?.enum) }
}

function jsonList(text: string): unknown[] | undefined {
  if (!text.startsWith('[')) return undefined
  try {
    const value: unknown = JSON.parse(text)
    return Array.isArray(value) ? value : undefined
  } catch {
    return undefined
  }
}

function listIn(text: string): unknown[] {
  const names = text.split(',').map((name) => name.trim())
  return jsonList(text.trim()) ?? names.filter((name) => name !== '')
}

/**
 * The word or the list that a value stands for. A string is a word, a JSON list, or names with
 * commas between, because environment variables have no other way to hold a list. A list of one
 * word is the word.
 */
export function splitNames(value: unknown, { words }: NameListSchema): unknown {
  const list = typeof value === 'string' ? listIn(value) : value
  if (!Array.isArray(list) || list.length !== 1) return list
  const word = words.find((one) => one === list[0])
  return word ?? list
}

/**
 * Why a value is not allowed, as the end of a sentence. Names each unknown name with the nearest
 * known one.
 * @param canShow whether a name may be shown, because it is no secret
 */
export function unknownNamesText(
  value: unknown,
  { words, names }: NameListSchema,
  canShow: (name: string) => boolean,
): string {
  if (!Array.isArray(value)) return ''
  const unknown = stringsIn(value).filter((name) => !names.includes(name) && canShow(name))
  const shown = unknown.map((name) => {
    const nearest = nearestName(name, value.length === 1 ? [...words, ...names] : names)
    const hint = nearest === undefined ? '' : ` (did you mean ${nearest}?)`
    return `${JSON.stringify(name)}${hint}`
  })
  return shown.length === 0 ? '' : `, not ${shown.join(', ')}`
}
