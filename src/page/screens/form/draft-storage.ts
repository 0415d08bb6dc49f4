/** Opens and stores the form of the new connection. */

import type { Api } from '../../../console/api/schemas.generated.ts'
import { ApiFailure } from '../../api/client.ts'
import { draftPath } from '../../api/query.ts'
import {
  afterStoring,
  draftDocument,
  draftName,
  emptyForm,
  formOfDraft,
  type FormData,
} from '../../form/draft.ts'
import { cache, client } from '../../state/console.ts'
import { forgetForm, hasUnsavedForm, keptForm, newForm, putForm } from '../../state/new-form.ts'

/** What a person wants to open: a draft, or an empty form (null). */
let wanted: string | null | undefined

/** The next form that is opened is this draft, or an empty one. */
export function openForm(draft: string | null): void {
  wanted = draft
}

/** Whether the form that was begun would be lost by opening the wanted one. */
export function mustAsk(): boolean {
  if (wanted === undefined || !hasUnsavedForm()) return false
  return wanted === null || keptForm()?.form.draft !== wanted
}

/** Goes on with the form that was begun. */
export function keepOld(): void {
  wanted = undefined
}

/** The version of each draft that this page has read or written last. */
const versions = new Map<string, string | null>()

/** Undefined when there is none with this name. */
async function readDraft(name: string): Promise<Api<'Draft'> | undefined> {
  try {
    const { body, etag } = await client.request<Api<'Draft'>>(draftPath(name))
    versions.set(name, etag)
    return body
  } catch (error) {
    if (error instanceof ApiFailure && error.status === 404) return undefined
    throw error
  }
}

async function openDraft(forms: Api<'Forms'>, name: string): Promise<void> {
  const draft = await readDraft(name)
  const form = draft ? formOfDraft(draft) : emptyForm(forms)
  putForm(forms, { form, saved: form, secrets: draft?.secrets ?? [] })
}

/** Opens the form that the tab has kept, with the secrets of its draft. */
async function openKept(forms: Api<'Forms'>, kept: Pick<FormData, 'draft'>): Promise<void> {
  const draft = kept.draft === null ? undefined : await readDraft(kept.draft)
  const { form, saved } = keptForm() ?? { form: emptyForm(forms), saved: emptyForm(forms) }
  putForm(forms, {
    form: { ...form, draft: draft?.name ?? null },
    saved: draft ? saved : emptyForm(forms),
    secrets: draft?.secrets ?? [],
  })
}

/** Opens the wanted form, the one that was begun, or an empty one. Shows it by `newForm`. */
export async function loadForm(forms: Api<'Forms'>): Promise<void> {
  const kept = keptForm()?.form
  const isKept = kept !== undefined && (wanted === undefined || wanted === kept.draft)
  if (isKept) {
    if (!newForm.get()) await openKept(forms, kept)
  } else {
    forgetForm()
    const empty = emptyForm(forms)
    if (typeof wanted === 'string') await openDraft(forms, wanted)
    else putForm(forms, { form: empty, saved: empty, secrets: [] })
  }
  wanted = undefined
}

/** Stores the form at the console, with its secrets. */
export async function saveDraft(forms: Api<'Forms'>): Promise<void> {
  const sent = newForm.get()?.form
  if (!sent) return
  const { body: list } = await client.request<Api<'DraftList'>>('/drafts')
  const names = list.drafts.map((draft) => draft.name)
  const name = sent.draft ?? draftName(sent.name, names)
  const body = { document: draftDocument(sent) }
  const { body: draft, etag } = await client.request<Api<'Draft'>>(draftPath(name), {
    method: 'PUT',
    body,
    etag: versions.get(name) ?? null,
  })
  versions.set(name, etag)
  const newest = newForm.get()
  if (newest) {
    const after = (form: FormData) => afterStoring(forms, form, { sent, draft })
    putForm(forms, { form: after(newest.form), saved: after(sent), secrets: draft.secrets })
  }
  cache.refresh(['/drafts', '/workspace'])
}
