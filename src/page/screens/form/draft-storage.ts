/** The form that is not finished: in the tab without secrets, at the console with them. */

import type { Api } from '../../../console/api/schemas.generated.ts'
import { ApiFailure } from '../../api/client.ts'
import { draftPath } from '../../api/query.ts'
import {
  draftDocument,
  draftName,
  draftText,
  emptyForm,
  formOfDraft,
  parseDraft,
  type FormData,
} from '../../form/draft.ts'
import { cache, client } from '../../state/console.ts'

const KEPT = 'new-connection'
const OPENED = 'opened-draft'

/** Storage may be switched off; the form then lasts until the page is closed. */
function stored(key: string): string | null {
  try {
    return sessionStorage.getItem(key)
  } catch {
    return null
  }
}

function store(key: string, text: string | undefined): void {
  try {
    if (text === undefined) sessionStorage.removeItem(key)
    else sessionStorage.setItem(key, text)
  } catch {
    // See `stored`.
  }
}

/** The next form that is opened is this draft. */
export function openDraft(name: string): void {
  store(KEPT, undefined)
  store(OPENED, name)
}

export function keepForm(forms: Api<'Forms'>, form: FormData): void {
  store(KEPT, draftText(forms, form))
}

export function forgetForm(): void {
  store(KEPT, undefined)
  store(OPENED, undefined)
}

export interface LoadedForm {
  form: FormData
  /** Secrets of the stored draft. */
  secrets: readonly Api<'Secret'>[]
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

/** The form that was opened, the one that the tab keeps, or an empty one. */
export async function loadForm(forms: Api<'Forms'>): Promise<LoadedForm> {
  const opened = stored(OPENED)
  const kept = parseDraft(stored(KEPT))
  const name = opened ?? kept?.draft ?? null
  const draft = name === null ? undefined : await readDraft(name)
  store(OPENED, undefined)
  if (kept && opened === null) {
    return { form: { ...kept, draft: draft?.name ?? null }, secrets: draft?.secrets ?? [] }
  }
  return draft
    ? { form: formOfDraft(draft), secrets: draft.secrets }
    : { form: emptyForm(forms), secrets: [] }
}

/** Stores the form at the console, with its secrets. Returns the stored draft. */
export async function saveDraft(form: FormData): Promise<Api<'Draft'>> {
  const { body: list } = await client.request<Api<'DraftList'>>('/drafts')
  const name =
    form.draft ??
    draftName(
      form.name,
      list.drafts.map((draft) => draft.name),
    )
  const body = { document: draftDocument(form) }
  const { body: draft, etag } = await client.request<Api<'Draft'>>(draftPath(name), {
    method: 'PUT',
    body,
    etag: versions.get(name) ?? null,
  })
  versions.set(name, etag)
  cache.refresh(['/drafts', '/workspace'])
  return draft
}
