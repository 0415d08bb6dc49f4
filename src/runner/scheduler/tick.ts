/** Pure: which tick is due now, and what to wait for, whatever the wall clock has done meanwhile. */

import { MINUTE_MS } from '../../time.ts'
import type { Schedule } from '../schedule/schedule.ts'

/** The clock is looked at this often, so a suspended machine or a clock that was set is noticed. Far below setTimeout's limit of 24.8 days. */
const LOOK_MS = MINUTE_MS

/** A tick that is served later than this was missed: its run is a catch-up. */
const LATE_MS = 2 * LOOK_MS

/** cron(8): a clock that goes back by less does not repeat ticks; one that goes back by more was wrong before. */
const LARGEST_STEP_BACK_MS = 3 * 60 * MINUTE_MS

export interface Plan {
  /** The next tick; undefined for a schedule without any. */
  next: number | undefined
  /** Ticks up to this instant are done with. */
  servedUpTo: number
}

export interface Due {
  /** The tick, the first of them where several were missed. */
  tick: number
  isMissed: boolean
}

function planFrom(schedule: Schedule, servedUpTo: number): Plan {
  return { next: schedule.nextAfter(servedUpTo), servedUpTo }
}

/** How far the clock may go back before its new time counts: never by so much that more than one tick would be waited for. */
function stepBackMs(schedule: Schedule, next: number | undefined): number {
  const afterNext = next === undefined ? undefined : schedule.nextAfter(next)
  if (next === undefined || afterNext === undefined) return LARGEST_STEP_BACK_MS
  return Math.min(LARGEST_STEP_BACK_MS, afterNext - next)
}

/** Where it begins. Ticks since the last run, which nobody served, are due at once. */
export function firstPlan(
  schedule: Schedule,
  now: number,
  lastStartedAt: number | undefined,
): Plan {
  const isPast = lastStartedAt !== undefined && lastStartedAt < now
  return planFrom(schedule, isPast ? lastStartedAt : now)
}

/** Looks at the clock: however many ticks have passed, at most one is due. */
export function look(schedule: Schedule, plan: Plan, now: number): { plan: Plan; due?: Due } {
  const { next, servedUpTo } = plan
  if (servedUpTo > now && servedUpTo - now >= stepBackMs(schedule, next))
    return { plan: planFrom(schedule, now) }
  if (next === undefined || now < next) {
    // After a jump forwards and back again the next tick may be an earlier one.
    return { plan: planFrom(schedule, Math.max(servedUpTo, now)) }
  }
  return {
    plan: planFrom(schedule, now),
    due: { tick: next, isMissed: now - next > LATE_MS },
  }
}

/** How long to sleep before the next look. */
export function sleepMs(plan: Plan, now: number): number {
  return Math.min(LOOK_MS, Math.max(1, (plan.next ?? Number.POSITIVE_INFINITY) - now))
}
