/** Identifies a process by machine, PID and start time, because systems reuse PIDs. */

import { execFileSync } from 'node:child_process'
import { readFileSync, readlinkSync } from 'node:fs'
import { hostname } from 'node:os'

export interface ProcessIdentity {
  pid: number
  /** Host name, boot ID and PID namespace. PIDs are comparable only when these are equal. */
  host: string
  /** Start time in the format of the system. Compare it only with other results of this file. */
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

/**
 * Field 22 of /proc/PID/stat, see proc(5). The name in field 2 can contain blanks and brackets.
 * Undefined for a zombie, which has ended.
 */
function startOnLinux(pid: number): string | undefined {
  const stat = readFileSync(`/proc/${pid}/stat`, 'utf8')
  const [state, ...fields] = stat.slice(stat.lastIndexOf(')') + 2).split(' ')
  return state === 'Z' || state === 'X' ? undefined : fields[18]
}

/** True when the error means that the process does not exist, not that `ps` could not start. */
function isNoProcess(error: unknown): boolean {
  if (!(error instanceof Error)) return false
  const { code, status } = error as { code?: unknown; status?: unknown }
  return code === 'ENOENT' || code === 'ESRCH' ? process.platform === 'linux' : status === 1
}

/** The start time, or undefined when the process does not exist. Throws when it cannot be read. */
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
    if (isNoProcess(error)) return undefined
    throw error
  }
}

/** Throws when the start time cannot be read, because others would treat us as ended. */
export function ownIdentity(): ProcessIdentity {
  return { pid: process.pid, host: hostIdentity(), started: startOf(process.pid) ?? '' }
}

/** `unknown` for a process of another machine or container, or when it cannot be read. */
export function lifeOf(identity: ProcessIdentity): 'alive' | 'ended' | 'unknown' {
  if (identity.host !== hostIdentity()) return 'unknown'
  try {
    return startOf(identity.pid) === identity.started ? 'alive' : 'ended'
  } catch {
    return 'unknown'
  }
}
