/** Makes an own warehouse a destination of the workspace, so that other connections can use it. */

import { useId, useState } from 'preact/hooks'
import { cache, client, say } from '../../../state/console.ts'
import { useAction } from '../../../state/use-action.ts'
import { valueAt } from '../../../view/documents.ts'
import { Failure } from '../../../components/notice.tsx'
import type { FormTools } from '../form-tools.ts'

export function ShareDestination({ tools }: { tools: FormTools }) {
  const id = useId()
  const [name, setName] = useState('')
  const { run, isRunning, failure } = useAction(async () => {
    const warehouse = valueAt(tools.document, 'destination.warehouse')
    await client.request('/destinations', {
      method: 'POST',
      body: { name, document: { warehouse } },
    })
    tools.change('destination.warehouse', undefined)
    tools.change('destination.use', name)
    cache.refresh(['/destinations', '/workspace'])
    say(`The destination ${name} is part of the workspace.`)
  })
  return (
    <details>
      <summary>Share this destination with other connections</summary>
      <div class="field">
        <label for={id}>Name of the destination</label>
        <div class="with-button">
          <input
            id={id}
            type="text"
            value={name}
            placeholder="warehouse"
            autocomplete="off"
            aria-describedby={`${id}-help`}
            onInput={(event) => setName(event.currentTarget.value)}
          />
          <button type="button" disabled={isRunning || name === ''} onClick={() => void run()}>
            Share it
          </button>
        </div>
        <p class="help" id={`${id}-help`}>
          Stores the warehouse as a destination of the workspace. Enter the password again. The page
          does not have the stored one.
        </p>
        {failure && <Failure failure={failure} />}
      </div>
    </details>
  )
}
