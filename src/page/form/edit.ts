/** A change of a stored document that is not saved yet. Pure. */

import { differences, mergeEdits, type Document } from '../view/documents.ts'

/** A document as the console stores it. */
export interface Version {
  document: Document
  etag: string | null
}

export interface Edit extends Version {
  /** The document that was edited. `etag` is its version. */
  base: Document
}

/** The edit of a document that nobody has changed yet. */
export function firstEdit({ document, etag }: Version): Edit {
  return { base: document, etag, document }
}

/** How many settings an edit changes. */
export function changesOf({ base, document }: Edit): number {
  return differences(base, document).length
}

/**
 * The edit after it was stored. What was typed while it was being stored stays a change.
 * @param sent the document of the edit when it was sent
 */
export function editAfterSave(edit: Edit, sent: Document, stored: Version): Edit {
  const { document } = mergeEdits(sent, edit.document, stored.document)
  return { base: stored.document, etag: stored.etag, document }
}

/** Names of the connections among the paths of edited documents. */
export function editedConnections(paths: Iterable<string>): string[] {
  return [...paths].flatMap((path) => {
    const name = /^\/connections\/([^/]+)$/.exec(path)?.[1]
    return name === undefined ? [] : [decodeURIComponent(name)]
  })
}
