/** An edit of a stored document. Its version goes along, so no other edit is overwritten. */

import { useState } from 'preact/hooks'
import { ApiFailure } from '../../api/client.ts'
import { editAfterSave, firstEdit, type Edit, type Version } from '../../form/edit.ts'
import { cache, client } from '../../state/console.ts'
import { edits, forgetEdit, keepEdit } from '../../state/edits.ts'
import { useAction, type Action } from '../../state/use-action.ts'
import { useStore } from '../../state/store.ts'
import type { Document } from '../../view/documents.ts'

export interface EditOptions<Body> {
  /** Path of the document below `/api/v1`. */
  path: string
  stored: Version
  /** The document to edit of a response. */
  documentOf: (body: Body) => Document
  /** The document to store of an edited one. */
  bodyOf: (document: Document) => Document
  /** Called after it was stored. `isComplete` unless something was typed meanwhile. */
  onSaved: (isComplete: boolean) => void
}

export interface Editing {
  edit: Edit
  /** What somebody else stored meanwhile. */
  theirs: Version | undefined
  change: (make: (before: Document) => Document) => void
  discard: () => void
  saving: Action<Version>
}

/** Stores a document. Resolves with what is stored instead when somebody else was faster. */
async function save<Body>(
  { path, documentOf, bodyOf }: EditOptions<Body>,
  { document, etag }: Version,
): Promise<Version | undefined> {
  const sent = edits.get().get(path)?.document ?? document
  try {
    const body = { document: bodyOf(document) }
    const stored = await client.request<Body>(path, { method: 'PUT', body, etag })
    const newest = edits.get().get(path)
    const version = { document: documentOf(stored.body), etag: stored.etag }
    if (newest) keepEdit(path, editAfterSave(newest, sent, version))
    cache.put(path, stored)
    return undefined
  } catch (error) {
    if (!(error instanceof ApiFailure) || error.status !== 412) throw error
    const newest = await client.request<Body>(path)
    cache.put(path, newest)
    return { document: documentOf(newest.body), etag: newest.etag }
  }
}

/** The edit that the page keeps, or a first one of what is stored now. */
export function useEdit<Body>(options: EditOptions<Body>): Editing {
  const { path, stored, onSaved } = options
  const edit = useStore(edits).get(path) ?? firstEdit(stored)
  const [theirs, setTheirs] = useState<Version>()
  const change = (make: (before: Document) => Document) => {
    const before = edits.get().get(path) ?? edit
    keepEdit(path, { ...before, document: make(before.document) })
  }
  const discard = () => {
    forgetEdit(path)
    setTheirs(undefined)
  }
  const saving = useAction(async (version: Version) => {
    const newer = await save(options, version)
    setTheirs(newer)
    if (!newer) onSaved(!edits.get().has(path))
  })
  return { edit, theirs, change, discard, saving }
}
