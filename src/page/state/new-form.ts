/** The form of the new connection: in the page with its secrets, in the tab without them. */

import type { Api } from '../../console/api/schemas.generated.ts'
import { draftText, isSameForm, parseDraft, type FormData } from '../form/draft.ts'
import { createStore } from './store.ts'

export interface NewForm {
  form: FormData
  /** What the console has stored of it, or what the form began with. */
  saved: FormData
  /** Secrets of the stored draft. */
  secrets: readonly Api<'Secret'>[]
}

export const newForm = createStore<NewForm | undefined>(undefined)

const KEPT = 'new-connection'
const SAVED = 'new-connection-saved'

/** Storage may be switched off; the form then lasts until the page is closed. */
function stored(key: string): FormData | undefined {
  try {
    return parseDraft(sessionStorage.getItem(key))
  } catch {
    return undefined
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

/** Shows a form, and keeps it. */
export function putForm(forms: Api<'Forms'>, next: NewForm): void {
  newForm.set(next)
  store(KEPT, draftText(forms, next.form))
  store(SAVED, draftText(forms, next.saved))
}

/** Changes the newest form, because requests take their time. */
export function changeForm(forms: Api<'Forms'>, make: (before: FormData) => FormData): void {
  const before = newForm.get()
  if (before) putForm(forms, { ...before, form: make(before.form) })
}

export function forgetForm(): void {
  newForm.set(undefined)
  store(KEPT, undefined)
  store(SAVED, undefined)
}

/** The form that was begun last, also before a reload. Undefined when there is none. */
export function keptForm(): Pick<NewForm, 'form' | 'saved'> | undefined {
  const kept = newForm.get()
  if (kept) return kept
  const form = stored(KEPT)
  return form && { form, saved: stored(SAVED) ?? form }
}

/** Whether a page that is closed now loses something of the form. */
export function hasUnsavedForm(): boolean {
  const kept = keptForm()
  return kept !== undefined && !isSameForm(kept.form, kept.saved)
}
