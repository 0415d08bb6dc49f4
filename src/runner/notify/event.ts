/** The events of a connection, before they are put into the format of a webhook. */

import type { EventName, RunRecord, RunSummary, WebhookEvent } from '../../schemas.generated.ts'
import { totalsOf } from '../history/record.ts'

export type { EventName } from '../../schemas.generated.ts'

export type NotifyEvent = Omit<WebhookEvent, 'text' | 'type' | 'attachments'>

/** Events that wait for a webhook that does not accept them. */
export const PENDING_NAMES = [
  'run_failed',
  'run_recovered',
  'stale',
] as const satisfies readonly EventName[]

/** The run of an event. */
export function summaryOf(run: RunRecord): RunSummary {
  const { run_id, trigger, started_at, ended_at, outcome, exit_status, error } = run
  return { run_id, trigger, started_at, ended_at, outcome, exit_status, error, ...totalsOf(run) }
}
