/** What a person can do with a connection. Each throws ApiFailure. */

import type { Api } from '../../../console/api/schemas.generated.ts'
import { ApiFailure } from '../../api/client.ts'
import { connectionPath, draftPath } from '../../api/query.ts'
import { cache, client, say } from '../../state/console.ts'
import { receive } from '../../state/live.ts'

type CurrentRun = Api<'CurrentRun'>

/** The response says only that the run is accepted; the events say how it goes on. */
export async function startRun(
  name: string,
  options: Partial<Api<'StartRun'>> = {},
): Promise<void> {
  await client.request<CurrentRun>(connectionPath(name, 'runs'), { method: 'POST', body: options })
  cache.refresh(['/connections', connectionPath(name)])
  say(`A run of ${name} was requested.`)
}

export async function cancelRun(name: string): Promise<void> {
  const path = connectionPath(name, 'current-run')
  const { body } = await client.request<CurrentRun>(path, { method: 'DELETE' })
  receive({ type: 'run_stopping', connection: name, current_run: body })
  say(`The run of ${name} is stopping. What it has committed stays.`)
}

export async function setPaused(name: string, isPaused: boolean): Promise<void> {
  await client.request(connectionPath(name, 'pause'), { method: isPaused ? 'PUT' : 'DELETE' })
  receive({ type: 'connection_changed', connection: name })
  say(isPaused ? `The schedule of ${name} is paused.` : `The schedule of ${name} runs again.`)
}

/** Deletes the version that is stored now. Returns what stays, as a sentence. */
export async function deleteConnection(name: string): Promise<string> {
  const path = connectionPath(name)
  const { etag } = await client.request<Api<'ConnectionDetail'>>(path)
  const { body } = await client.request<Api<'DeletedConnection'>>(path, { method: 'DELETE', etag })
  cache.refresh(['/connections', '/workspace', '/destinations'])
  return body.message
}

/** Deletes the version that is stored now, if there is one. */
export async function deleteDraft(name: string): Promise<void> {
  const path = draftPath(name)
  const found = await client.request(path).catch((error: unknown) => {
    if (error instanceof ApiFailure && error.status === 404) return undefined
    throw error
  })
  if (found) await client.request(path, { method: 'DELETE', etag: found.etag })
  cache.refresh(['/drafts', '/workspace'])
}
