/**
 * The state of the machine: what it is, and whether other work on it is low enough for figures that
 * are published.
 */

import { cpus, loadavg, totalmem } from 'node:os'
import { setTimeout as sleep } from 'node:timers/promises'

/** The highest load average of the last minute at which a group may start. */
export const QUIET_LOAD = 1
/** The load of the group before takes about a minute to decay. */
const WAIT_MS = Number(process.env['BENCH_WAIT_SECONDS'] ?? 120) * 1000
const POLL_MS = 1000

/** The load average of the last minute, or 0 where the system has none. */
export function currentLoad(): number {
  return loadavg()[0] ?? 0
}

/** True when a group that starts at this load may be published. */
export function isQuiet(load: number): boolean {
  return load <= QUIET_LOAD
}

/** Waits for a quiet machine, but not without end. Returns the load at which it stopped waiting. */
export async function waitForQuiet(): Promise<number> {
  const deadline = performance.now() + WAIT_MS
  while (!isQuiet(currentLoad()) && performance.now() < deadline) await sleep(POLL_MS)
  return currentLoad()
}

/** Processors, memory and Node, on one line. */
export function machineName(): string {
  const gibibytes = Math.round(totalmem() / 1024 ** 3)
  const model = cpus()[0]?.model ?? 'unknown processor'
  return `${cpus().length} x ${model}, ${gibibytes} GiB, Node ${process.versions.node}`
}
