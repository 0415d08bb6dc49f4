/** A form that is not finished, as text without secrets. Pure. */

import type { Api } from '../../console/api/schemas.generated.ts'
import {
  differences,
  sectionAt,
  textAt,
  valueAt,
  withValue,
  type Document,
} from '../view/documents.ts'
import { schemaFields } from './schema-fields.ts'
import { chosenResources } from './stream-choice.ts'
import { storedSecret } from './stored-secret.ts'

/** What a person has entered so far. */
export interface FormData {
  name: string
  document: Document
  /** Name of the draft that the console stores. Null before the first step is done. */
  draft: string | null
}

/** A new connection: the core streams, into a DuckDB file, started manually. */
export function emptyForm(forms: Api<'Forms'>): FormData {
  const resources = chosenResources(forms, {})
  const engine = forms.engines[0]?.engine ?? 'duckdb'
  return {
    name: '',
    draft: null,
    document: {
      source: {},
      destination: { warehouse: { engine, settings: {} } },
      resources,
      schedule: { type: 'manual' },
    },
  }
}

const URL_FIELD = 'destination.warehouse_url'

/** Paths of all settings that are secrets. */
export function secretPaths(forms: Api<'Forms'>, document: Document): string[] {
  const engine = textAt(document, 'destination.warehouse.engine')
  const sections: [string, Api<'JsonSchema'>][] = [
    ['source', forms.source],
    ['notify', forms.notify],
    ...forms.engines
      .filter((form) => form.engine === engine)
      .map((form): [string, Api<'JsonSchema'>] => [
        'destination.warehouse.settings',
        form.settings,
      ]),
  ]
  const fields = sections.flatMap(([section, schema]) =>
    schemaFields(schema)
      .filter(({ kind }) => kind === 'secret')
      .map(({ name }) => `${section}.${name}`),
  )
  return [...fields, URL_FIELD]
}

const OPTIONS = 'destination.warehouse.settings.options'
/** Other options of a URL are free text, which can hold a secret too. */
const SECRET_OPTION = /secret|password|token|key|credential/i

/** The document without its secrets. */
function withoutSecrets(forms: Api<'Forms'>, document: Document): Document {
  const options = SECRET_OPTION.test(textAt(document, OPTIONS)) ? [OPTIONS] : []
  return [...secretPaths(forms, document), ...options]
    .filter((path) => valueAt(document, path) !== undefined)
    .reduce((kept, path) => withValue(kept, path, undefined), document)
}

/** Text to keep in the tab. Holds no secret. */
export function draftText(forms: Api<'Forms'>, form: FormData): string {
  return JSON.stringify({ ...form, document: withoutSecrets(forms, form.document) })
}

/** The form of a kept text. Undefined for a text that is none. */
export function parseDraft(text: string | null): FormData | undefined {
  if (text === null) return undefined
  try {
    const found = JSON.parse(text) as Partial<FormData>
    const isForm = typeof found.name === 'string' && typeof found.document === 'object'
    return isForm
      ? { name: found.name ?? '', document: found.document ?? {}, draft: found.draft ?? null }
      : undefined
  } catch {
    return undefined
  }
}

/** Whether two forms hold the same. */
export function isSameForm(a: FormData, b: FormData): boolean {
  return a.name === b.name && differences(a.document, b.document).length === 0
}

/** A form that was stored as a draft. */
export interface StoredForm {
  /** The form when it was sent. */
  sent: FormData
  draft: Pick<Api<'Draft'>, 'name' | 'secrets'>
}

/**
 * The form after it was stored. The page drops secrets that the console has now, and those that it
 * has removed. What was typed meanwhile stays.
 */
export function afterStoring(
  forms: Api<'Forms'>,
  form: FormData,
  { sent, draft }: StoredForm,
): FormData {
  const isStored = (path: string) => {
    const value = valueAt(form.document, path)
    if (value === undefined || value !== valueAt(sent.document, path)) return false
    return value === null || storedSecret(draft, path) !== undefined
  }
  const document = secretPaths(forms, form.document)
    .filter((path) => path !== URL_FIELD && isStored(path))
    .reduce((kept, path) => withValue(kept, path, undefined), form.document)
  return { ...form, document, draft: draft.name }
}

/** A name for the draft that no other draft has. */
export function draftName(name: string, taken: readonly string[]): string {
  const numbers = Array.from({ length: taken.length + 1 }, (_, at) => at + 1)
  const names = numbers.map((number) => (number === 1 ? name : `${name.slice(0, 90)}-${number}`))
  return names.find((one) => !taken.includes(one)) ?? name
}

/** What the console stores as a draft: the name is a member of the document. */
export function draftDocument({ name, document }: FormData): Document {
  return { ...document, name }
}

/**
 * The document with the warehouse as form fields in place of its URL.
 * @param warehouse what the console made of the URL; null when it could not
 */
export function withWarehouse(document: Document, warehouse: Api<'Warehouse'> | null): Document {
  if (!warehouse) return document
  const { warehouse_url: _url, ...destination } = sectionAt(document, 'destination')
  const { engine, settings } = warehouse
  return { ...document, destination: { ...destination, warehouse: { engine, settings } } }
}

/** The form of a stored draft. */
export function formOfDraft(draft: Api<'Draft'>): FormData {
  const { name, ...document } = draft.document
  return {
    name: typeof name === 'string' ? name : draft.name,
    document: withWarehouse(document, draft.warehouse),
    draft: draft.name,
  }
}
