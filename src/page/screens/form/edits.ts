/** Edits that are not saved yet, by connection, so that no change of the screen loses them. */

import type { Document } from '../../view/documents.ts'

export interface Edit {
  /** The document that was edited. */
  base: Document
  /** Its version. */
  etag: string | null
  document: Document
}

const EDITS = new Map<string, Edit>()

export function keptEdit(name: string): Edit | undefined {
  return EDITS.get(name)
}

export function keepEdit(name: string, edit: Edit): void {
  EDITS.set(name, edit)
}

export function forgetEdit(name: string): void {
  EDITS.delete(name)
}

/** Whether a page that is closed now would lose something. */
export function hasEdits(): boolean {
  return EDITS.size > 0
}
