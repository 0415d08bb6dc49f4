/** Waiting in tests: for a condition, never for a time. Every bound is scaled by one factor. */

import { setTimeout as sleep } from 'node:timers/promises'

/** How much slower than an idle machine this one may be. TEST_TIME_FACTOR overrides it. */
const TIME_FACTOR = Number(process.env['TEST_TIME_FACTOR'] ?? 20)
const LOOK_EVERY_MS = 10

/** A bound for work that takes at most `idleMs` on an idle machine. */
export function bounded(idleMs: number): number {
  return idleMs * TIME_FACTOR
}

export interface WaitOptions {
  /** What is awaited, for the error: "the tap to end". */
  what: string
  /** How long it takes at most on an idle machine. @default 5000 */
  idleMs?: number
}

/** Resolves with the first truthy value of `look`. Throws when there is none within the bound. */
export async function until<T>(
  look: () => T | Promise<T>,
  { what, idleMs = 5000 }: WaitOptions,
): Promise<NonNullable<T>> {
  const deadline = performance.now() + bounded(idleMs)
  for (;;) {
    const found = await look()
    if (found) return found
    if (performance.now() > deadline) {
      throw new Error(`waited ${bounded(idleMs)} ms for ${what}`)
    }
    await sleep(LOOK_EVERY_MS)
  }
}
