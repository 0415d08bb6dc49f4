/** Parses the records on stdin once and prints the seconds. */

import { readLines } from '../src/singer/lines.ts'
import type { SchemaMessage } from '../src/singer/messages.ts'
import { readMessage } from '../src/singer/reader.ts'
import { createCells, layoutOf } from '../src/loader/columns/cells.ts'
import { coercer, type CoerceContext } from '../src/loader/values/coerce.ts'
import { tryAppend } from '../src/loader/fast-path/try-append.ts'
import { StringCleaner } from '../src/loader/values/text.ts'
import { Validators } from '../src/loader/schema/validate.ts'
import { FIELDS } from './floor-step.ts'

const BATCH_ROWS = 50_000
const COERCE: CoerceContext = {
  cleaner: new StringCleaner(true),
  mayNeedCleaning: false,
  isNumberExact: false,
}
const NEWLINE = 10

/** The time within `JSON.parse` only. */
async function parseOnly(): Promise<number> {
  let tookMs = 0
  let rest = Buffer.alloc(0)
  for await (const chunk of process.stdin as AsyncIterable<Buffer>) {
    const bytes = Buffer.concat([rest, chunk])
    const end = bytes.lastIndexOf(NEWLINE)
    rest = bytes.subarray(end + 1)
    const lines = bytes.toString('utf8', 0, end).split('\n')
    const began = performance.now()
    for (const line of lines) JSON.parse(line)
    tookMs += performance.now() - began
  }
  return tookMs / 1000
}

/** A stream whose batches are never committed. */
class UncommittedStream {
  readonly rules
  readonly skipsUndeclared = false
  batch = createBatch()

  constructor(schema: SchemaMessage) {
    this.rules = new Validators().rulesFor(schema)
  }

  countAppended(): void {
    if (this.batch.rowCount === BATCH_ROWS) this.batch.rowCount = 0
  }
}

function createBatch() {
  const properties = FIELDS.map(({ name: column, type }) => {
    const cells = createCells(layoutOf(type, COERCE.isNumberExact))
    const slot = { type, cells, coerce: coercer(type, type.kind, COERCE) }
    const plan = { property: column, wanted: type, column, type, variants: [] }
    return { plan, isKey: column === 'id', slots: [slot] }
  })
  const batch = {
    rowCount: 0,
    properties,
    hasVersionColumn: true,
    completeRow: () => {
      batch.rowCount++
    },
  }
  return batch
}

/** Reads the records into column buffers. Throws for a record that the fast path does not take. */
async function readAll(): Promise<number> {
  const began = performance.now()
  const streams = new Map<string, UncommittedStream>()
  for await (const lines of readLines(process.stdin as AsyncIterable<Buffer>)) {
    while (lines.next()) {
      if (tryAppend(lines, streams, 0)) continue
      const message = readMessage(lines)?.message
      if (message?.type === 'SCHEMA') streams.set(message.stream, new UncommittedStream(message))
      if (message?.type === 'RECORD') throw new Error(`Line ${lines.number} was not read.`)
    }
  }
  return (performance.now() - began) / 1000
}

console.log(process.argv[2] === 'parse-only' ? await parseOnly() : await readAll())
