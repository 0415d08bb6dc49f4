/** What the steps of the form share. */

import type { Api } from '../../../console/api/schemas.generated.ts'
import type { Document, Value } from '../../view/documents.ts'

export interface FormTools {
  forms: Api<'Forms'>
  name: string
  document: Document
  /** The document as the console stores it, or as the form began. */
  base: Document
  /** Whether the connection does not exist yet. */
  isNew: boolean
  /** Secrets that the console has stored. */
  secrets: readonly Api<'Secret'>[]
  /** Where the console finds secrets that the document leaves out. */
  stored: Api<'Stored'>
  /** What is wrong with fields that a person has left or wants to leave. */
  problems: ReadonlyMap<string, string>
  rename: (name: string) => void
  /** Undefined removes the setting. Null removes a stored secret. */
  change: (path: string, value: Value | undefined) => void
  /** A person was in the field, so its problem is shown. */
  touch: (path: string) => void
}
