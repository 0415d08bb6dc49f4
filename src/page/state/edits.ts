/** What is not saved yet. No change of the screen loses it, and the page warns before it closes. */

import { changesOf, type Edit } from '../form/edit.ts'
import { createStore } from './store.ts'

/** Edits by the path of their document. */
export const edits = createStore<ReadonlyMap<string, Edit>>(new Map())

/** Keeps an edit. One that changes nothing is forgotten. */
export function keepEdit(path: string, edit: Edit): void {
  const others = [...edits.get()].filter(([one]) => one !== path)
  edits.set(new Map(changesOf(edit) === 0 ? others : [...others, [path, edit]]))
}

export function forgetEdit(path: string): void {
  if (edits.get().has(path)) edits.set(new Map([...edits.get()].filter(([one]) => one !== path)))
}

/** Warns before the page closes while something is not saved. */
export function warnBeforeClosing(hasUnsaved: () => boolean): void {
  globalThis.addEventListener('beforeunload', (event) => {
    if (hasUnsaved()) event.preventDefault()
  })
}
