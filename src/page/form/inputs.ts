/** Which settings have an input in the form. Pure. */

import type { Api } from '../../console/api/schemas.generated.ts'
import { textAt, valueAt, type Document } from '../view/documents.ts'
import { schemaFields } from './schema-fields.ts'

/** What each type of a schedule asks for. */
export const SCHEDULE_FIELDS: Readonly<Record<string, readonly string[]>> = {
  manual: [],
  basic: ['every', 'start_at'],
  cron: ['expression', 'timezone'],
}

/** The type of the schedule in a document. */
export function scheduleTypeOf(document: Document): string {
  return textAt(document, 'schedule.type') || 'manual'
}

function namesIn(schema: Api<'JsonSchema'> | undefined): string[] {
  return schema ? schemaFields(schema).map(({ name }) => name) : []
}

const WAREHOUSE = 'destination.warehouse'

/** Names of the inputs below a section. */
function inputsOf(forms: Api<'Forms'>, document: Document, section: string): readonly string[] {
  switch (section) {
    case 'source':
      return namesIn(forms.source)
    case 'destination':
      return namesIn(forms.destination)
    case `${WAREHOUSE}.settings`: {
      const engine = textAt(document, `${WAREHOUSE}.engine`)
      return namesIn(forms.engines.find((form) => form.engine === engine)?.settings)
    }
    case 'resources':
      return forms.resources.map(({ stream }) => stream)
    case 'schedule':
      return SCHEDULE_FIELDS[scheduleTypeOf(document)] ?? []
    case 'notify':
      return namesIn(forms.notify)
    default:
      return []
  }
}

/** Places that show their problem without being an input. */
const OTHERS = ['name', 'resources', 'schedule']

/** Whether the step of a setting shows what is wrong with it next to an input. */
export function hasInput(forms: Api<'Forms'>, document: Document, path: string): boolean {
  if (OTHERS.includes(path)) return true
  const end = path.lastIndexOf('.')
  const section = path.slice(0, Math.max(end, 0))
  const isHidden = section.startsWith(WAREHOUSE) && valueAt(document, WAREHOUSE) === undefined
  return !isHidden && inputsOf(forms, document, section).includes(path.slice(end + 1))
}
