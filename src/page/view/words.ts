/** Words and shapes for states, because colour only is not enough. Pure. */

import type { Api } from '../../console/api/schemas.generated.ts'

/** What a state means for an operator. */
type Tone = 'good' | 'bad' | 'warning' | 'active' | 'neutral'

export type Shape = 'disc' | 'ring' | 'triangle' | 'square' | 'diamond' | 'bars' | 'half' | 'clock'

export interface StateWords {
  word: string
  shape: Shape
  tone: Tone
}

const CONNECTION: Readonly<Record<Api<'ConnectionStatus'>, StateWords>> = {
  invalid: { word: 'Invalid', shape: 'triangle', tone: 'bad' },
  running: { word: 'Running', shape: 'half', tone: 'active' },
  queued: { word: 'Waiting', shape: 'clock', tone: 'active' },
  paused: { word: 'Paused', shape: 'bars', tone: 'neutral' },
  backing_off: { word: 'Backing off', shape: 'clock', tone: 'warning' },
  new: { word: 'New', shape: 'ring', tone: 'neutral' },
  succeeded: { word: 'Succeeded', shape: 'disc', tone: 'good' },
  failed: { word: 'Failed', shape: 'triangle', tone: 'bad' },
  stopped: { word: 'Stopped', shape: 'square', tone: 'warning' },
  crashed: { word: 'Crashed', shape: 'diamond', tone: 'bad' },
}

const FINDING: Readonly<Record<Api<'Finding'>['status'], StateWords>> = {
  ok: { word: 'OK', shape: 'disc', tone: 'good' },
  warning: { word: 'Warning', shape: 'square', tone: 'warning' },
  failed: { word: 'Failed', shape: 'triangle', tone: 'bad' },
}

const TRIGGERS: Readonly<Record<Api<'RunTrigger'>, string>> = {
  manual: 'Manual',
  schedule: 'Schedule',
  catch_up: 'Catch-up',
  resync: 'Resync',
}

const RUN_STATES: Readonly<Record<Api<'CurrentRun'>['state'], string>> = {
  queued: 'Waiting for a conflicting run',
  running: 'Running',
  stopping: 'Stopping',
  elsewhere: 'Running in another process',
}

const MODES: Readonly<Record<Api<'Mode'>, string>> = {
  incremental: 'Incremental',
  full_refresh: 'Full refresh',
}

/** Outcomes of runs are among the statuses of connections. */
export function statusWords(status: Api<'ConnectionStatus'> | Api<'RunOutcome'>): StateWords {
  return CONNECTION[status]
}

export function findingWords(status: Api<'Finding'>['status']): StateWords {
  return FINDING[status]
}

export function triggerWord(trigger: Api<'RunTrigger'>): string {
  return TRIGGERS[trigger]
}

export function runStateText(state: Api<'CurrentRun'>['state']): string {
  return RUN_STATES[state]
}

/** For a run that waits: what started it, and for what it waits. */
export function queuedText({ trigger, state }: Api<'CurrentRun'>): string {
  return `${triggerWord(trigger)}: ${runStateText(state)}`
}

export function modeWord(mode: Api<'Mode'>): string {
  return MODES[mode]
}

export const TRIGGER_WORDS = TRIGGERS
