/** The connections of the workspace: opened once for each version of their files, and shown. */

import { join } from 'node:path'
import { AppError } from '../errors.ts'
import type { Connection } from '../runner/connection/connection.ts'
import { refusedVersions } from '../runner/connection/conflicts.ts'
import { connectionFingerprint } from '../runner/connection/shared-destination.ts'
import { refuseCopies } from '../runner/workspace/copied-connection.ts'
import type { DocumentEntry } from '../runner/workspace/documents.ts'
import { workspaceFolderOf } from '../runner/workspace/paths.ts'
import { ApiError } from './api/problems.ts'
import type { Api } from './api/schemas.generated.ts'
import type { DocumentStore } from './documents/document-store.ts'
import { readConnectionFacts } from './runs/connection-facts.ts'
import type { LiveRuns } from './runs/live-runs.ts'
import type { RowCounts } from './runs/row-counts.ts'
import { connectionView, invalidConnectionView } from './views/connection-view.ts'

export interface ConnectionsOptions {
  store: DocumentStore
  /** Reads a connection file and masks its secrets from then on. Throws CONFIG_INVALID. */
  open: (path: string) => Promise<Connection>
  runs: LiveRuns
  counts: RowCounts
  /** The text with secrets masked. */
  clean: (text: string) => string
}

/** A connection, or why its file cannot be used and its last valid version. */
type Opened = { connection: Connection } | { error: AppError; last: Connection | undefined }

/** Where the runs of a connection are, also while its file is not valid. */
export interface RunPlace extends DocumentEntry {
  dataFolder: string
  /** The connection, or its last valid version; undefined when this process knows none. */
  connection: Connection | undefined
}

export class Connections {
  readonly #options: ConnectionsOptions
  /** By path. */
  readonly #opened = new Map<string, { fingerprint: string; opened: Opened }>()

  constructor(options: ConnectionsOptions) {
    this.#options = options
  }

  async entries(): Promise<DocumentEntry[]> {
    return this.#options.store.list('connection')
  }

  /** The valid connections with their names in the workspace. */
  async valid(): Promise<{ name: string; connection: Connection }[]> {
    const entries = await this.entries()
    const all = await Promise.all(
      entries.map(async ({ name, path }) => ({ name, opened: await this.#open(path) })),
    )
    return all.flatMap(({ name, opened }) =>
      'connection' in opened ? [{ name, connection: opened.connection }] : [],
    )
  }

  /** Throws UNKNOWN_NAME, and CONFIG_INVALID for a file that cannot be used. */
  async open(name: string): Promise<Connection> {
    const { path } = await this.entry(name)
    const opened = await this.#open(path)
    if ('error' in opened) throw opened.error
    return opened.connection
  }

  /**
   * A connection for a run. Throws CONFIG_INVALID also for a copy of another one, which would
   * continue where the original stopped, and for one that conflicts with another one.
   */
  async openToRun(name: string): Promise<Connection> {
    const connection = await this.open(name)
    await refuseCopies(connection)
    const all = (await this.valid()).map((one) => one.connection)
    const others = all.filter(({ path }) => path !== connection.path)
    const changed = [{ earlier: undefined, next: connection }]
    const conflict = refusedVersions(changed, others).get(connection)
    if (conflict) throw conflict
    return connection
  }

  /** Throws UNKNOWN_NAME. */
  async entry(name: string): Promise<DocumentEntry> {
    const found = (await this.entries()).find((entry) => entry.name === name)
    if (!found)
      throw new ApiError('UNKNOWN_NAME', 'The workspace has no connection with this name.')
    return found
  }

  /** The runs of each connection, also of one whose file is not valid. */
  async runPlaces(): Promise<RunPlace[]> {
    const entries = await this.entries()
    return Promise.all(entries.map(async (entry) => this.#runPlaceOf(entry)))
  }

  /** Throws UNKNOWN_NAME. */
  async runPlace(name: string): Promise<RunPlace> {
    return this.#runPlaceOf(await this.entry(name))
  }

  async #runPlaceOf(entry: DocumentEntry): Promise<RunPlace> {
    const opened = await this.#open(entry.path)
    const connection = 'connection' in opened ? opened.connection : opened.last
    const usual = join(workspaceFolderOf(entry.path), '.customerio-sync', entry.name)
    const dataFolder = connection?.dataFolder ?? usual
    return { ...entry, dataFolder, connection }
  }

  async views(): Promise<Api<'Connection'>[]> {
    const entries = await this.entries()
    return Promise.all(entries.map(async (entry) => this.#viewOf(entry)))
  }

  /** Throws UNKNOWN_NAME. */
  async view(name: string): Promise<Api<'Connection'>> {
    return this.#viewOf(await this.entry(name))
  }

  async #viewOf({ name, path }: DocumentEntry): Promise<Api<'Connection'>> {
    const { runs, counts, clean } = this.#options
    const opened = await this.#open(path)
    if ('error' in opened) return invalidConnectionView(name, clean(opened.error.fullText))
    const { connection } = opened
    const facts = await readConnectionFacts({
      name,
      connection,
      counted: await counts.known(connection),
      current: runs.current(connection.path),
      queued: runs.queued(connection.path),
      nowMs: Date.now(),
    })
    return connectionView(facts)
  }

  /** An invalid file is read each time, because the problem may be in another file. */
  async #open(path: string): Promise<Opened> {
    const fingerprint = await connectionFingerprint(path)
    const known = this.#opened.get(path)
    if (known?.fingerprint === fingerprint && 'connection' in known.opened) return known.opened
    const opened = await this.#read(path, known?.opened)
    this.#opened.set(path, { fingerprint, opened })
    return opened
  }

  async #read(path: string, before: Opened | undefined): Promise<Opened> {
    try {
      return { connection: await this.#options.open(path) }
    } catch (error) {
      if (!(error instanceof AppError)) throw error
      const last = before && ('connection' in before ? before.connection : before.last)
      return { error, last }
    }
  }
}
