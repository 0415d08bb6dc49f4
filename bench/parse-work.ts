/** One measured parsing of the records on stdin; prints the seconds that it took. */

import { readLines } from '../src/singer/lines.ts'
import type { SchemaMessage } from '../src/singer/messages.ts'
import { readMessage } from '../src/singer/reader.ts'
import { createCells, layoutOf } from '../src/loader/columns/cells.ts'
import { coercer, type CoerceContext } from '../src/loader/values/coerce.ts'
import { RecordLine } from '../src/loader/fast-path/record-line.ts'
import { RowReader } from '../src/loader/fast-path/row-reader.ts'
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

/** Only the time within `JSON.parse`. */
async function parseAlone(): Promise<number> {
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

function rowReader({ tools }: RecordLine, schema: SchemaMessage): RowReader {
  const properties = FIELDS.map(({ name, type }) => {
    const cells = createCells(layoutOf(type, COERCE.isNumberExact))
    const slot = { type, cells, coerce: coercer(type, type.kind, COERCE) }
    return { name, wanted: type, isKey: name === 'id', slots: [slot] }
  })
  return new RowReader({ tools, properties, rules: new Validators().rulesFor(schema) })
}

/** Into the cells of batches, which nobody commits. Throws for a record that is not read from its bytes. */
async function readAll(): Promise<number> {
  const began = performance.now()
  const line = new RecordLine()
  let schema: SchemaMessage | undefined
  let reader: RowReader | undefined
  let row = 0
  for await (const lines of readLines(process.stdin as AsyncIterable<Buffer>)) {
    while (lines.next()) {
      const isRecord = line.open(lines) !== undefined
      const message = isRecord ? undefined : readMessage(lines)?.message
      if (message?.type === 'SCHEMA') schema = message
      if (!isRecord || !schema) continue
      if (row === 0) reader = rowReader(line, schema)
      if (!reader?.read(row) || !line.close()) throw new Error(`Line ${lines.number} was not read`)
      row = (row + 1) % BATCH_ROWS
    }
  }
  return (performance.now() - began) / 1000
}

console.log(process.argv[2] === 'alone' ? await parseAlone() : await readAll())
