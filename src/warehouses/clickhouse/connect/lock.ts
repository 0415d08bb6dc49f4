/**
 * Keeps loads into the same tables apart. ClickHouse has no locks, but of two sessions that create
 * a table of one name only one succeeds. So the lock is a table, and its comment names the holder,
 * who renews it. A lock that was not renewed for a minute has lost its holder.
 *
 * A holder that slept for longer than that may wake up after another load took over. It can publish
 * nothing then: the other load has dropped the tables that it would publish.
 */

import { randomUUID } from 'node:crypto'
import { readFileSync, readlinkSync } from 'node:fs'
import { hostname } from 'node:os'
import { setTimeout as sleep } from 'node:timers/promises'
import type { Logger } from '../../../logger.ts'
import { id, lit, sql, typeName, type Sql } from '../../sql.ts'
import { ServerError } from '../../server-error.ts'
import { codeOf } from '../errors.ts'
import type { ClickhouseQuery } from './session.ts'
import { dropTable, onCluster, renameTable, type ClickhousePlace } from '../sql.ts'

const RENEW_MS = 15_000
const LEASE_SECONDS = 60
const FIRST_WAIT_MS = 50
const MAX_WAIT_MS = 500
const TABLE_EXISTS = '57'
const UNKNOWN_TABLE = '60'

interface Holder {
  token: string
  host: string
  pid: number
  /** The system on which the process runs, if it can be told from others. */
  machine: string
  /** Seconds since the epoch, by the clock of the server. */
  renewedAt: number
}

export interface LockOptions {
  query: ClickhouseQuery
  run: (statement: Sql) => Promise<void>
  place: () => ClickhousePlace
  name: string
  /** The tables that it keeps, for messages. */
  prefix: string
  waitMs: number
  logger: Logger
  /** Ends the wait; its reason is thrown. */
  signal?: AbortSignal | undefined
}

function readText(read: () => string): string {
  try {
    return read().trim()
  } catch {
    return ''
  }
}

/** Process numbers mean the same process only in one boot and one namespace of them. */
function machineOf(): string {
  const boot = readText(() => readFileSync('/proc/sys/kernel/random/boot_id', 'utf8'))
  const space = readText(() => readlinkSync('/proc/self/ns/pid'))
  return boot === '' || space === '' ? '' : `${hostname()} ${boot} ${space}`
}

function isRunning(pid: number): boolean {
  try {
    process.kill(pid, 0)
    return true
  } catch (error) {
    return error instanceof Error && 'code' in error && error.code === 'EPERM'
  }
}

function parseHolder(comment: string): Holder | undefined {
  try {
    return JSON.parse(comment) as Holder
  } catch {
    return undefined
  }
}

/** True when no process can hold the lock any more. */
function isAbandoned(holder: Holder | undefined, now: number): boolean {
  if (!holder) return true
  if (now - holder.renewedAt > LEASE_SECONDS) return true
  return holder.machine !== '' && holder.machine === machineOf() && !isRunning(holder.pid)
}

export class TableLock {
  readonly #options: LockOptions
  readonly #token = randomUUID()
  #timer: NodeJS.Timeout | undefined
  /** A renewal that ends late must not write into the lock of the next holder. */
  #renewing: Promise<void> | undefined

  constructor(options: LockOptions) {
    this.#options = options
  }

  async #now(): Promise<number> {
    const [row] = await this.#options.query(sql`select toUnixTimestamp(now())`)
    return Number(row?.[0])
  }

  #comment(renewedAt: number): Sql {
    const { pid } = process
    const holder: Holder = {
      token: this.#token,
      host: hostname(),
      pid,
      machine: machineOf(),
      renewedAt,
    }
    return lit(JSON.stringify(holder))
  }

  /** Undefined when nobody has the lock. */
  async #find(name: string): Promise<{ holder: Holder | undefined } | undefined> {
    const [row] = await this.#options.query(sql`select comment
from system.tables
where database = ${lit(this.#options.place().database)}
  and name = ${lit(name)}`)
    return row && { holder: parseHolder(String(row[0])) }
  }

  async #create(): Promise<boolean> {
    const { run, name, place } = this.#options
    const comment = this.#comment(await this.#now())
    const { database, engine } = place()
    try {
      await run(sql`create table ${id(database, name)}${onCluster(place())} (
  held UInt8
)
engine = ${typeName(engine)}
order by ()
comment ${comment}`)
      return true
    } catch (error) {
      if (codeOf(error) === TABLE_EXISTS) return false
      throw error
    }
  }

  /** Removes the lock, if it still is the one of this holder. */
  async #remove(holder: Holder | undefined): Promise<void> {
    const { run, name, place } = this.#options
    const aside = `${name}.${randomUUID().slice(0, 8)}`
    try {
      await run(renameTable(place(), name, aside))
    } catch (error) {
      // Another load was faster.
      if (codeOf(error) === UNKNOWN_TABLE) return
      throw error
    }
    const found = await this.#find(aside)
    if (found && found.holder?.token !== holder?.token) {
      await run(renameTable(place(), aside, name)).catch(() => undefined)
      return
    }
    await run(dropTable(place(), aside))
  }

  #busyError(holder: Holder | undefined): ServerError {
    const { place, prefix } = this.#options
    const tables = `database ${JSON.stringify(place().database)}${prefix === '' ? '' : ` with the prefix ${JSON.stringify(prefix)}`}`
    const owner = holder
      ? `process ${holder.pid} on ${JSON.stringify(holder.host)}`
      : 'another load'
    return new ServerError('WAREHOUSE_BUSY', `The tables of ${tables} are held by ${owner}.`, {
      failure: 'transient',
      hint: `Wait for that load, or end it. The lock of a load that was killed ends after ${LEASE_SECONDS} seconds.`,
    })
  }

  /** Waits at most `waitMs`, then throws WAREHOUSE_BUSY. */
  async take(): Promise<void> {
    const { waitMs, logger, signal, prefix, place } = this.#options
    const deadline = performance.now() + waitMs
    for (let pauseMs = FIRST_WAIT_MS; ; pauseMs = Math.min(pauseMs * 2, MAX_WAIT_MS)) {
      signal?.throwIfAborted()
      if (await this.#create()) break
      const found = await this.#find(this.#options.name)
      if (!found) {
        // It was removed at this moment, or this user cannot see it.
        if (performance.now() > deadline) throw this.#busyError(undefined)
        await sleep(FIRST_WAIT_MS, undefined, { signal }).catch(() => undefined)
        continue
      }
      // The answer to the statement that created it was lost.
      if (found.holder?.token === this.#token) break
      if (isAbandoned(found.holder, await this.#now())) {
        await this.#remove(found.holder)
        continue
      }
      const leftMs = deadline - performance.now()
      if (leftMs <= 0) throw this.#busyError(found.holder)
      if (pauseMs === FIRST_WAIT_MS) {
        logger.info('tables_locked', 'Another load holds the tables; waiting for it.', {
          schema: place().database,
          prefix,
        })
      }
      await sleep(Math.min(pauseMs, leftMs), undefined, { signal }).catch(() => undefined)
    }
    clearInterval(this.#timer)
    this.#timer = setInterval(() => {
      this.#renewing = this.#renew()
    }, RENEW_MS).unref()
  }

  /** Never throws: `assertHeld` finds a lost lock. */
  async #renew(): Promise<void> {
    const { run, name, place } = this.#options
    try {
      const found = await this.#find(name)
      if (found?.holder?.token !== this.#token) return
      const comment = this.#comment(await this.#now())
      await run(sql`alter table ${id(place().database, name)}${onCluster(place())}
  modify comment ${comment}`)
    } catch {
      // The next renewal tries again.
    }
  }

  /** Throws WAREHOUSE_BUSY when another load has taken over. */
  async assertHeld(): Promise<void> {
    const found = await this.#find(this.#options.name)
    if (found?.holder?.token === this.#token) return
    throw new ServerError(
      'WAREHOUSE_BUSY',
      'Another load has taken over the tables, because this one was silent for too long.',
      { failure: 'final', hint: 'Run again.' },
    )
  }

  /** Never throws. */
  async release(): Promise<void> {
    if (!this.#timer) return
    clearInterval(this.#timer)
    this.#timer = undefined
    await this.#renewing
    const { run, name, place } = this.#options
    try {
      const found = await this.#find(name)
      if (found?.holder?.token === this.#token) await run(dropTable(place(), name))
    } catch {
      // Another load takes it over.
    }
  }
}
