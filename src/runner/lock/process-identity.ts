/** Which process a PID means: PIDs are given out again, so a process is its PID on its machine with its time of start. */

import { execFileSync } from 'node:child_process'
import { readFileSync, readlinkSync } from 'node:fs'
import { hostname } from 'node:os'

export interface ProcessIdentity {
  pid: number
  /** Machine, boot and PID namespace: what must be equal for PIDs to be comparable. */
  host: string
  /** When it started, in a form that only this function's results are compared with. */
  started: string
}

function readOr(read: () => string): string {
  try {
    return read().trim()
  } catch {
    return ''
  }
}

function hostIdentity(): string {
  const boot = readOr(() => readFileSync('/proc/sys/kernel/random/boot_id', 'utf8'))
  const namespace = readOr(() => readlinkSync('/proc/self/ns/pid'))
  return [hostname(), boot, namespace].filter((part) => part !== '').join(' ')
}

/** Field 22 of /proc/PID/stat; the name in field 2 may hold blanks and brackets. Undefined for a zombie, which has ended. */
function startOnLinux(pid: number): string | undefined {
  const stat = readFileSync(`/proc/${pid}/stat`, 'utf8')
  const [state, ...fields] = stat.slice(stat.lastIndexOf(')') + 2).split(' ')
  return state === 'Z' || state === 'X' ? undefined : fields[18]
}

/** True for what says that there is no such process; all else, as a `ps` that cannot be started, says nothing of it. */
function isAbsence(error: unknown): boolean {
  if (!(error instanceof Error)) return false
  const { code, status } = error as { code?: unknown; status?: unknown }
  return code === 'ENOENT' || code === 'ESRCH' ? process.platform === 'linux' : status === 1
}

/** Undefined when there is no such process. Throws where that cannot be seen. */
function startOf(pid: number): string | undefined {
  try {
    if (process.platform === 'linux') return startOnLinux(pid)
    const args = ['-o', 'lstart=', '-p', String(pid)]
    const text = execFileSync('ps', args, {
      encoding: 'utf8',
      env: { ...process.env, LC_ALL: 'C' },
    })
    return text.trim() === '' ? undefined : text.trim()
  } catch (error) {
    if (isAbsence(error)) return undefined
    throw error
  }
}

/** Throws where it cannot be found: without its start, others would take us for gone. */
export function ownIdentity(): ProcessIdentity {
  return { pid: process.pid, host: hostIdentity(), started: startOf(process.pid) ?? '' }
}

/** `unknown` for a process of another machine or container, and where it cannot be seen now. */
export function lifeOf(identity: ProcessIdentity): 'alive' | 'gone' | 'unknown' {
  if (identity.host !== hostIdentity()) return 'unknown'
  try {
    return startOf(identity.pid) === identity.started ? 'alive' : 'gone'
  } catch {
    return 'unknown'
  }
}
