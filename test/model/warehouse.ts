/** The reader of the tap's output: a warehouse in memory that stops reading where a test says. */

import assert from 'node:assert/strict'
import { Writable } from 'node:stream'
import { isJsonObject, type JsonObject, type JsonValue } from '../../src/singer/json.ts'
import type { Message } from '../../src/singer/messages.ts'
import { keyOf } from '../e2e/support/truth.ts'

export interface Row {
  record: JsonObject
  /** Of the FULL_TABLE read that brought it last. */
  version: number | undefined
}

export interface ReaderOptions {
  /** Lines after which the reader is gone. @default never */
  lines?: number
  /**
   * What it had taken since the last STATE goes with it, as with a target whose transaction was
   * open.
   */
  forgets?: boolean
  onLine?: (lines: number) => void
  /** States are merged into the last one, whatever the warehouse does otherwise. */
  merges?: boolean
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

/** As Meltano merges states: objects member by member, and nothing is ever removed. */
export function mergedStates(old: JsonValue | undefined, next: JsonValue): JsonValue {
  if (!isJsonObject(old) || !isJsonObject(next)) return next
  const members = Object.entries(next).map(([key, value]) => [key, mergedStates(old[key], value)])
  return { ...old, ...(Object.fromEntries(members) as JsonObject) }
}

/** Tables by stream, and the last STATE that came with what it covers. */
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

  /** The stream to write one run's lines to. */
  reader(options: ReaderOptions = {}): { stream: Writable; end: () => void } {
    const { lines = Number.POSITIVE_INFINITY, forgets = false, onLine } = options
    const merges = options.merges ?? this.#mergesStates
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
      this.state = merges ? (mergedStates(this.state, message.value) as JsonObject) : message.value
      this.states.push(message.value)
    }
    const stream = new Writable({
      decodeStrings: false,
      write: (block: string, _encoding, done) => {
        assert.ok(block.endsWith('\n'), 'a block ended in the middle of a line')
        for (const line of block.slice(0, -1).split('\n')) {
          if (taken < lines) take(line)
        }
        if (taken < lines) done()
        else done(Object.assign(new Error('write EPIPE'), { code: 'EPIPE' }))
      },
    })
    const end = () => {
      if (!forgets) this.#commit(pending)
      pending = []
    }
    return { stream, end }
  }

  #commit(messages: readonly Message[]): void {
    for (const message of messages) apply(this.#tables, message)
  }
}
