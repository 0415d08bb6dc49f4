/** Reads the tap's output into a warehouse in memory. Can stop reading at a given line. */

import assert from 'node:assert/strict'
import { Writable } from 'node:stream'
import { isJsonObject, type JsonObject, type JsonValue } from '../../src/singer/json.ts'
import type { Message } from '../../src/singer/messages.ts'
import { keyOf } from '../e2e/support/truth.ts'

export interface Row {
  record: JsonObject
  /** Version of the last FULL_TABLE read that wrote the row. */
  version: number | undefined
}

export interface ReaderOptions {
  /** Closes the pipe after this many lines. @default never */
  lines?: number
  /** Then drops everything since the last STATE, like a target with an open transaction. */
  rollsBack?: boolean
  onLine?: (lines: number) => void
  /** Merges each STATE into the last one. @default as the warehouse does */
  mergesStates?: boolean
}

type Table = Map<string, Row>

function apply(tables: Map<string, Table>, message: Message): void {
  if (message.type === 'STATE') return
  const table = tables.get(message.stream) ?? new Map<string, Row>()
  tables.set(message.stream, table)
  if (message.type === 'RECORD') {
    const { record, version } = message
    table.set(keyOf(record), { record, version })
  }
  if (message.type !== 'ACTIVATE_VERSION') return
  for (const [key, { version }] of table) {
    if (version === undefined || version < message.version) table.delete(key)
  }
}

/** Merges states as Meltano does: objects by member, and without removing anything. */
export function mergedStates(old: JsonValue | undefined, next: JsonValue): JsonValue {
  if (!isJsonObject(old) || !isJsonObject(next)) return next
  const members = Object.entries(next).map(([key, value]) => [key, mergedStates(old[key], value)])
  return { ...old, ...(Object.fromEntries(members) as JsonObject) }
}

/** Tables by stream, and the last STATE, which covers only committed rows. */
export class ModelWarehouse {
  readonly #tables = new Map<string, Table>()
  readonly #mergesStates: boolean
  state: JsonObject = {}
  /** Every STATE of the last reader, in order. */
  states: JsonObject[] = []

  constructor(options: { mergesStates?: boolean } = {}) {
    this.#mergesStates = options.mergesStates ?? false
  }

  table(stream: string): ReadonlyMap<string, Row> {
    return this.#tables.get(stream) ?? new Map<string, Row>()
  }

  /** Returns the stream for one run's lines. Call `end` after the run. */
  reader(options: ReaderOptions = {}): { stream: Writable; end: () => void } {
    const { lines = Number.POSITIVE_INFINITY, rollsBack = false, onLine } = options
    const mergesStates = options.mergesStates ?? this.#mergesStates
    let pending: Message[] = []
    let taken = 0
    this.states = []
    const take = (line: string) => {
      const message = JSON.parse(line) as Message
      pending.push(message)
      onLine?.(++taken)
      if (message.type !== 'STATE') return
      this.#commit(pending)
      pending = []
      this.state = mergesStates
        ? (mergedStates(this.state, message.value) as JsonObject)
        : message.value
      this.states.push(message.value)
    }
    const stream = new Writable({
      decodeStrings: false,
      write: (block: string, _encoding, done) => {
        assert.ok(block.endsWith('\n'), 'a write ended in the middle of a line')
        for (const line of block.slice(0, -1).split('\n')) {
          if (taken < lines) take(line)
        }
        if (taken < lines) done()
        else done(Object.assign(new Error('write EPIPE'), { code: 'EPIPE' }))
      },
    })
    const end = () => {
      if (!rollsBack) this.#commit(pending)
      pending = []
    }
    return { stream, end }
  }

  #commit(messages: readonly Message[]): void {
    for (const message of messages) apply(this.#tables, message)
  }
}
