/** Pure: an event as one sentence for people, the `text` of the webhook body. */

import type { RunSummary } from '../../schemas.generated.ts'
import type { NotifyEvent } from './event.ts'

/** Slack cuts long messages, and a chat is no log. */
const MAX_CHARS = 1000

const OUTCOMES: Record<RunSummary['outcome'], string> = {
  failed: 'failed',
  crashed: 'was killed',
  succeeded: 'succeeded',
  stopped: 'was stopped',
}

/** `2026-11-26 03:00 UTC` */
function timeText(time: string): string {
  return `${time.slice(0, 16).replace('T', ' ')} UTC`
}

function runText({ outcome, started_at: startedAt, error }: RunSummary): string {
  const reason = error === null ? '' : `: ${error.message}`
  return `The run of ${timeText(startedAt)} ${OUTCOMES[outcome]}${reason}`
}

function staleText({ last_success_at: lastSuccessAt, run }: NotifyEvent): string {
  const since =
    lastSuccessAt === null
      ? 'No run of all streams has succeeded yet.'
      : `No run of all streams has succeeded since ${timeText(lastSuccessAt)}.`
  return run?.error ? `${since} ${runText(run)}` : since
}

function eventText(event: NotifyEvent): string {
  const { run } = event
  switch (event.event) {
    case 'run_failed':
      if (!run) return 'A run failed.'
      return run.error ? runText(run) : `${runText(run)}.`
    case 'run_recovered':
      return run ? `${runText(run)}; ${run.rows_loaded} rows were loaded.` : 'A run succeeded.'
    case 'stale':
      return staleText(event)
    case 'test':
      return 'This is a test. The webhook works.'
  }
}

/** An invisible blank without width. It keeps a chat from reading what follows as its syntax. */
export const ZERO_WIDTH_SPACE = '\u200B'

/**
 * One line that begins with the name of the connection. It has no angle brackets: in Slack they
 * begin links and mentions of everybody. In Mattermost, `@all` does.
 */
export function webhookText(event: NotifyEvent): string {
  const text = `${event.connection}: ${eventText(event)}`.replaceAll(/[<>]/g, '')
  const line = text.replaceAll(/\s+/g, ' ').replaceAll('@', `@${ZERO_WIDTH_SPACE}`).trim()
  // Whole characters: strict receivers refuse half a surrogate pair.
  const characters = Array.from(line)
  return characters.length > MAX_CHARS ? `${characters.slice(0, MAX_CHARS - 1).join('')}…` : line
}
