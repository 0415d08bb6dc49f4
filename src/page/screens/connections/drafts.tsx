/** What is not finished or not saved, above the list. */

import type { Api } from '../../../console/api/schemas.generated.ts'
import { useQuestion } from '../../components/use-question.tsx'
import { editedConnections } from '../../form/edit.ts'
import { hrefTo } from '../../router/route.ts'
import { openScreen } from '../../router/use-route.ts'
import { edits } from '../../state/edits.ts'
import { forgetForm, hasUnsavedForm, keptForm } from '../../state/new-form.ts'
import { useStore } from '../../state/store.ts'
import { useResponse } from '../../state/use-response.ts'
import { keepOld, openForm } from '../form/draft-storage.ts'
import { deleteDraft } from './actions.ts'

function resume(draft: string): void {
  openForm(draft)
  openScreen({ screen: 'new', step: 'name' })
}

async function remove(draft: string): Promise<void> {
  await deleteDraft(draft)
  if (keptForm()?.form.draft === draft) forgetForm()
}

function Draft({ name }: { name: string }) {
  const { ask, dialog } = useQuestion({
    title: `Discard the draft ${name}?`,
    action: 'Discard it',
    text: 'What was entered is deleted.',
    act: async () => remove(name),
  })
  return (
    <div class="draft">
      <span>
        <span class="strong">{name}</span> is not finished.
      </span>
      <button type="button" aria-label={`Finish: ${name}`} onClick={() => resume(name)}>
        Finish
      </button>
      <button type="button" class="plain" aria-label={`Discard: the draft ${name}`} onClick={ask}>
        Discard
      </button>
      {dialog}
    </div>
  )
}

/** The new connection that no draft holds yet. */
function UnsavedForm() {
  const kept = keptForm()
  if (!kept || kept.form.draft !== null || !hasUnsavedForm()) return null
  const { name } = kept.form
  return (
    <div class="draft">
      <span>
        <span class="strong">{name === '' ? 'A new connection' : name}</span> is not finished. Only
        this tab has it.
      </span>
      <a class="button" href={hrefTo({ screen: 'new', step: 'name' })} onClick={keepOld}>
        Continue
      </a>
    </div>
  )
}

function UnsavedEdit({ name }: { name: string }) {
  return (
    <div class="draft">
      <span>
        <span class="strong">{name}</span> has unsaved changes.
      </span>
      <a class="button" href={hrefTo({ screen: 'edit', name, step: 'source' })}>
        Continue
      </a>
    </div>
  )
}

export function Drafts() {
  const { body } = useResponse<Api<'DraftList'>>('/drafts')
  const edited = editedConnections(useStore(edits).keys())
  return (
    <section class="drafts" aria-label="Connections that are not finished">
      {body?.drafts.map(({ name }) => (
        <Draft key={name} name={name} />
      ))}
      <UnsavedForm />
      {edited.map((name) => (
        <UnsavedEdit key={name} name={name} />
      ))}
    </section>
  )
}
