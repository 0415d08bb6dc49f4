/** What a person can do with a connection. Each throws ApiFailure. */

import type { Api } from '../../../console/api/schemas.generated.ts'
import { connectionPath } from '../../api/query.ts'
import { cache, client, say } from '../../state/console.ts'
import { receive } from '../../state/live.ts'

type CurrentRun = Api<'CurrentRun'>

export async function startRun(
  name: string,
  options: Partial<Api<'StartRun'>> = {},
): Promise<CurrentRun> {
  const path = connectionPath(name, 'runs')
  const { body } = await client.request<CurrentRun>(path, { method: 'POST', body: options })
  receive({
    type: body.state === 'queued' ? 'run_queued' : 'run_started',
    connection: name,
    current_run: body,
  })
  say(
    body.state === 'queued' ? `${name} waits for another run.` : `The run of ${name} has started.`,
  )
  return body
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

export async function deleteDraft(name: string): Promise<void> {
  await client.request(`/drafts/${encodeURIComponent(name)}`, { method: 'DELETE' })
  cache.refresh(['/drafts', '/workspace'])
}
