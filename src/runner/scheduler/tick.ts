/** Decides which tick is due and what to wait for, even when the wall clock jumps. Pure. */

import { MINUTE_MS } from '../../time.ts'
import type { Schedule } from '../schedule/schedule.ts'

/**
 * How often to check the clock, so a suspended machine or a changed clock is noticed. Far below the
 * limit of `setTimeout`, 24.8 days.
 */
const CHECK_INTERVAL_MS = MINUTE_MS

/** A tick that is handled later than this was missed. Its run is a catch-up run. */
const MAX_DELAY_MS = 2 * CHECK_INTERVAL_MS

/** cron(8): a clock that goes back by less repeats no ticks; by more, it was wrong before. */
const MAX_STEP_BACK_MS = 3 * 60 * MINUTE_MS

export interface Plan {
  /** The next tick. Undefined when the schedule has none. */
  next: number | undefined
  /** Ticks up to this instant are handled. */
  handledUpTo: number
}

export interface Due {
  /** The tick, or the first one when several were missed. */
  tick: number
  isMissed: boolean
}

function planAfter(schedule: Schedule, handledUpTo: number): Plan {
  return { next: schedule.nextAfter(handledUpTo), handledUpTo }
}

/** How far the clock can go back before its new time counts. Never far enough to lose two ticks. */
function stepBackMs(schedule: Schedule, next: number | undefined): number {
  const afterNext = next === undefined ? undefined : schedule.nextAfter(next)
  if (next === undefined || afterNext === undefined) return MAX_STEP_BACK_MS
  return Math.min(MAX_STEP_BACK_MS, afterNext - next)
}

/** The plan at the start. Ticks since the last run are due at once. */
export function initialPlan(
  schedule: Schedule,
  now: number,
  lastStartedAt: number | undefined,
): Plan {
  const isPast = lastStartedAt !== undefined && lastStartedAt < now
  return planAfter(schedule, isPast ? lastStartedAt : now)
}

/** Moves the plan to `now`. At most one tick is due, even when several have passed. */
export function advancePlan(
  schedule: Schedule,
  plan: Plan,
  now: number,
): { plan: Plan; due?: Due } {
  const { next, handledUpTo } = plan
  if (handledUpTo > now && handledUpTo - now >= stepBackMs(schedule, next))
    return { plan: planAfter(schedule, now) }
  if (next === undefined || now < next) {
    // After a jump forward and back, the next tick can be an earlier one.
    return { plan: planAfter(schedule, Math.max(handledUpTo, now)) }
  }
  return {
    plan: planAfter(schedule, now),
    due: { tick: next, isMissed: now - next > MAX_DELAY_MS },
  }
}

/** How long to sleep before the next check. */
export function sleepMs(plan: Plan, now: number): number {
  return Math.min(CHECK_INTERVAL_MS, Math.max(1, (plan.next ?? Number.POSITIVE_INFINITY) - now))
}
