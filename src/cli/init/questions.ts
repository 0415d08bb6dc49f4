/** The questions of `init` about what is read, and when. */

import { AppError } from '../../errors.ts'
import { costText } from '../../streams/cost.ts'
import type { StreamDefinition } from '../../streams/definition.ts'
import { CORE_STREAM_NAMES, STREAMS } from '../../streams/index.ts'
import { ask, askYesNo } from '../prompt.ts'
import { askDestination } from './ask-destination.ts'
import { checkAnswers, type InitTools } from './check-answers.ts'
import { DEFAULTS, defaultMode, isCron, type InitFlags } from './document.ts'

const OFF = 'off'
const STREAM_ANSWERS: readonly string[] = ['incremental', 'full_refresh', OFF]

function checkDays(days: string): void {
  if (/^\d{0,6}$/.test(days)) return
  throw new AppError('USAGE', `The cutoff must be a whole number of days, not ${days}.`)
}

async function askCutoff(answers: InitFlags, { context }: InitTools): Promise<InitFlags> {
  const text = 'Days of history that the first run reads (empty: all)'
  const days = await ask({ text, check: checkDays }, context.signal)
  return days === '' ? answers : { ...answers, cutoffDays: Number(days) }
}

function checkMode(answer: string): void {
  if (STREAM_ANSWERS.includes(answer)) return
  throw new AppError('USAGE', `Answer ${STREAM_ANSWERS.join(', ')}.`)
}

async function askCoreStreams(signal: AbortSignal): Promise<string[]> {
  const streams: string[] = []
  for (const stream of CORE_STREAM_NAMES) {
    const text = `Read ${stream}: ${STREAM_ANSWERS.join(', ')}`
    const mode = await ask({ text, default: defaultMode(stream), check: checkMode }, signal)
    if (mode !== OFF) streams.push(`${stream}=${mode}`)
  }
  return streams
}

/** `  broadcasts: 1 request` */
function offerLine(stream: StreamDefinition): string {
  const personal = stream.isPersonal ? ', with names and addresses of colleagues' : ''
  return `  ${stream.id}: ${costText(stream)}${personal}\n`
}

/** The streams that describe the workspace, all or none. */
async function askWorkspaceStreams(signal: AbortSignal): Promise<string[]> {
  const offered = STREAMS.filter(({ tier }) => tier === 'workspace')
  process.stderr.write(
    `Other streams describe the workspace. A complete read of each costs:\n${offered.map(offerLine).join('')}`,
  )
  const isAdded = await askYesNo('Add these streams?', false, signal)
  return isAdded ? offered.map(({ id }) => id) : []
}

async function askStreams(answers: InitFlags, { context }: InitTools): Promise<InitFlags> {
  for (;;) {
    const core = await askCoreStreams(context.signal)
    const streams = [...core, ...(await askWorkspaceStreams(context.signal))]
    if (streams.length > 0) return { ...answers, streams }
    process.stderr.write('  Read at least one stream.\n')
  }
}

/** The zone of this machine, as the default answer. */
function localZone(): string {
  return new Intl.DateTimeFormat().resolvedOptions().timeZone
}

async function askTimezone(answers: InitFlags, tools: InitTools): Promise<InitFlags> {
  const check = async (timezone: string) => {
    await checkAnswers({ ...answers, timezone }, tools)
  }
  const question = { text: 'Time zone of the schedule', default: localZone(), check }
  const timezone = await ask(question, tools.context.signal)
  return timezone === DEFAULTS.timezone ? answers : { ...answers, timezone }
}

async function askSchedule(answers: InitFlags, tools: InitTools): Promise<InitFlags> {
  const check = async (schedule: string) => {
    await checkAnswers({ ...answers, schedule }, tools)
  }
  const text = 'Schedule (manual, 5m to 24h, or five cron fields)'
  const question = { text, default: DEFAULTS.schedule, check }
  const schedule = await ask(question, tools.context.signal)
  const scheduled = { ...answers, schedule }
  return isCron(schedule) ? askTimezone(scheduled, tools) : scheduled
}

/** Asks everything but the name and the key. Throws the signal's reason. */
export async function askAnswers(flags: InitFlags, tools: InitTools): Promise<InitFlags> {
  let answers = await askCutoff(flags, tools)
  answers = await askDestination(answers, tools)
  answers = await askStreams(answers, tools)
  return askSchedule(answers, tools)
}
