/** Secrets that the console has stored, by the fields of the form. Pure. */

import type { Api } from '../../console/api/schemas.generated.ts'
import { sectionAt, textAt, type Document, type Value } from '../view/documents.ts'
import { fieldText, schemaFields } from './schema-fields.ts'

type Secret = Api<'Secret'>

/** What the form holds, and what the console has stored. */
interface StoredForm {
  secrets: readonly Secret[]
  document: Document
  forms: Pick<Api<'Forms'>, 'engines'>
}

const WAREHOUSE_FIELD = /^((?:destination\.)?warehouse)\.settings\.[^.]+$/

/** Whether a URL hides something. One that cannot be shown may. */
function hidesSecret({ shown }: Secret): boolean {
  return shown === null || shown.includes('***')
}

/**
 * The stored secret of a field, if there is one. Secret fields of a warehouse are part of its URL.
 * @param path of the field in the document
 */
export function storedSecret(
  { secrets }: Pick<StoredForm, 'secrets'>,
  path: string,
): Secret | undefined {
  if (!WAREHOUSE_FIELD.test(path)) {
    return secrets.find(({ field, is_set }) => field === path && is_set)
  }
  const url = secrets.find(({ field, is_set }) => field === 'destination.warehouse_url' && is_set)
  return url && hidesSecret(url) ? url : undefined
}

/** Texts of the fields of a warehouse, with what is used for an empty one. */
function warehouseTexts({ document, forms }: StoredForm, path: string): Map<string, string> {
  const engine = textAt(document, `${path}.engine`)
  const form = forms.engines.find((one) => one.engine === engine)
  const settings = sectionAt(document, `${path}.settings`)
  const texts = (form ? schemaFields(form.settings) : []).map((field): [string, string] => {
    const text = fieldText(settings[field.name])
    return [field.name, text === '' ? field.defaultText : text]
  })
  return new Map([['engine', engine], ...texts])
}

/**
 * The stored secret of a field that stays when the field is left empty: one that is sent to the
 * same place as before.
 * @param path of the field in the document
 */
export function keptSecret(form: StoredForm, path: string): Secret | undefined {
  const secret = storedSecret(form, path)
  const warehouse = WAREHOUSE_FIELD.exec(path)?.[1]
  const { place } = secret ?? {}
  // Without a place, a stored URL has no fields that could be the same.
  if (!secret || !place) return warehouse === undefined ? secret : undefined
  const texts =
    warehouse === undefined
      ? new Map([['api_url', textAt(form.document, 'source.api_url')]])
      : warehouseTexts(form, warehouse)
  const isSame = ([name, value]: [string, Value]) => (texts.get(name) ?? '') === fieldText(value)
  return Object.entries(place).every(isSame) ? secret : undefined
}
