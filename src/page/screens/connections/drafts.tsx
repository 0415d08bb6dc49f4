/** Connections that are not finished, above the list. */

import type { Api } from '../../../console/api/schemas.generated.ts'
import { toFailure } from '../../api/client.ts'
import { sayFailure } from '../../state/console.ts'
import { useResponse } from '../../state/use-response.ts'
import { openScreen } from '../../router/use-route.ts'
import { openDraft } from '../form/draft-storage.ts'
import { deleteDraft } from './actions.ts'

async function remove(name: string): Promise<void> {
  try {
    await deleteDraft(name)
  } catch (error) {
    sayFailure(toFailure(error))
  }
}

function resume(name: string): void {
  openDraft(name)
  openScreen({ screen: 'new', step: 'name' })
}

export function Drafts() {
  const { body } = useResponse<Api<'DraftList'>>('/drafts')
  if (!body || body.drafts.length === 0) return null
  return (
    <section class="drafts" aria-label="Connections that are not finished">
      {body.drafts.map(({ name }) => (
        <div class="draft" key={name}>
          <span>
            <span class="strong">{name}</span> is not finished.
          </span>
          <button type="button" aria-label={`Finish: ${name}`} onClick={() => resume(name)}>
            Finish
          </button>
          <button
            type="button"
            class="plain"
            aria-label={`Discard: the draft ${name}`}
            onClick={() => void remove(name)}
          >
            Discard
          </button>
        </div>
      ))}
    </section>
  )
}
