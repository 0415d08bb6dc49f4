/** The time by the clock of the console, which may differ from the browser's. */

import { useEffect } from 'preact/hooks'
import { shownZone } from '../view/times.ts'
import { createStore, useStore } from './store.ts'

const TICK_MS = 1000
/** Relative times change slowly. */
const SLOW_TICK_MS = 10_000

let offsetMs = 0

/** @param at the clock of the console, in RFC 3339 */
export function setClock(at: string): void {
  offsetMs = Date.parse(at) - Date.now()
}

function nowMs(): number {
  return Date.now() + offsetMs
}

const slow = createStore(0)
setInterval(() => slow.set(slow.get() + 1), SLOW_TICK_MS)

/** The time. The component is drawn again every ten seconds. */
export function useNow(): number {
  useStore(slow)
  return nowMs()
}

const fast = createStore(0)

/** The time. The component is drawn again every second while `isRunning`. */
export function useSeconds(isRunning: boolean): number {
  useStore(fast)
  useEffect(() => {
    if (!isRunning) return
    const timer = setInterval(() => fast.set(fast.get() + 1), TICK_MS)
    return () => clearInterval(timer)
  }, [isRunning])
  return nowMs()
}

/** IANA name of the zone of the person who looks at the page. */
export const VIEWER_ZONE = shownZone(Intl.DateTimeFormat().resolvedOptions().timeZone)
