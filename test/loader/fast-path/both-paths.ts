/** The same lines into two batches: straight from their bytes where that is possible, and always as messages. */

import assert from 'node:assert/strict'
import { Logger } from '../../../src/logger.ts'
import type { JsonObject } from '../../../src/singer/json.ts'
import { Lines } from '../../../src/singer/lines.ts'
import type { SchemaMessage } from '../../../src/singer/messages.ts'
import { readMessage } from '../../../src/singer/reader.ts'
import { Batch } from '../../../src/loader/batch.ts'
import { CellStore } from '../../../src/loader/columns/cell-store.ts'
import type { CoerceContext } from '../../../src/loader/values/coerce.ts'
import { RecordLine } from '../../../src/loader/fast-path/record-line.ts'
import { Tables } from '../../../src/loader/tables/tables.ts'
import { StringCleaner } from '../../../src/loader/values/text.ts'
import { Validators } from '../../../src/loader/schema/validate.ts'
import { createWarehouse } from '../../../src/warehouses/index.ts'

const LOGGER = new Logger({
  name: 'test',
  level: 'critical',
  format: 'plain',
  write: () => undefined,
})
const NOW_MS = Date.UTC(2026, 0, 2)

export interface BothWays {
  /** Lines that were read from their bytes. */
  direct: number
  /** Lines whose record was added. */
  added: number
}

export interface BothOptions {
  /** A warehouse that is only asked for its facts. */
  url: string
  validates: boolean
  ignoresUnknown: boolean
}

export function schemaMessage(properties: JsonObject, keys: string[] = []): SchemaMessage {
  return { type: 'SCHEMA', stream: 's', schema: { properties }, key_properties: keys }
}

async function newBatch(schema: SchemaMessage, { url, validates, ignoresUnknown }: BothOptions) {
  const warehouse = await createWarehouse({
    url,
    logger: LOGGER,
    schema: undefined,
    tablePrefix: '',
    isReadOnly: false,
  })
  const { dialect } = warehouse
  const tables = new Tables(warehouse, [], {
    prefix: '',
    addsMetadata: true,
    ownTables: [],
    logger: LOGGER,
  })
  const coerce: CoerceContext = {
    cleaner: new StringCleaner(dialect.holdsNul),
    mayNeedCleaning: false,
    isNumberExact: dialect.isNumberExact,
    numberDigits: dialect.numberDigits,
  }
  const validators = new Validators()
  const rules = validates ? validators.rulesFor(schema) : undefined
  const batch = new Batch({
    plan: await tables.plan(schema, { mergesKeys: true }),
    tables,
    dialect,
    cells: new CellStore(dialect.isNumberExact),
    coerce,
    mergesKeys: true,
    deletesMarked: false,
    syncStartedAt: NOW_MS,
    batchedAt: NOW_MS,
    rules,
    ignoresUnknown: () => ignoresUnknown,
  })
  const validate = validates ? validators.validatorFor(schema) : () => undefined
  /** False for a line that is no record, or is rejected. */
  const add = (line: Lines): boolean => {
    let read
    try {
      read = readMessage(line)
    } catch {
      return false
    }
    const message = read?.message
    if (message?.type !== 'RECORD' || message.stream !== 's') return false
    coerce.mayNeedCleaning = read?.hasEscapes === true
    return validate(message.record) === undefined && batch.add(message, NOW_MS) === undefined
  }
  return { batch, add, hasRules: !validates || rules !== undefined, coerce }
}

function contents(batch: Batch): unknown {
  const { columns, rowCount } = batch.seal()
  return columns.map(({ name, type, cells }) => [
    name,
    type,
    Array.from({ length: rowCount }, (_, row) => cells.at(row)),
  ])
}

/** Fails unless both ways leave the same cells, and whatever is read from its bytes is a valid record. */
export async function readBothWays(
  schema: SchemaMessage,
  texts: readonly (string | Buffer)[],
  options: BothOptions,
): Promise<BothWays> {
  const [fast, slow] = [await newBatch(schema, options), await newBatch(schema, options)]
  assert.ok(fast.hasRules, `no rules for ${JSON.stringify(schema.schema)}`)
  const [line, lines] = [new RecordLine(), new Lines()]
  const totals: BothWays = { direct: 0, added: 0 }
  lines.push(Buffer.concat(texts.flatMap((text) => [Buffer.from(text), Buffer.from('\n')])))
  while (lines.next()) {
    fast.coerce.mayNeedCleaning = false
    const isDirect = line.open(lines) === 's' && fast.batch.addLine(line, NOW_MS) !== undefined
    const isAdded = slow.add(lines)
    if (isDirect) totals.direct++
    if (isAdded) totals.added++
    const shown = lines.source.toString('utf8', lines.from, lines.end)
    if (isDirect) assert.ok(isAdded, `read from its bytes, though it is not valid: ${shown}`)
    else assert.equal(fast.add(lines), isAdded, shown)
  }
  assert.deepEqual(contents(fast.batch), contents(slow.batch))
  return totals
}

const URLS = ['duckdb:unused', 'postgres://localhost/unused']

/** Every way of loading that makes a difference. */
export const EVERY_OPTIONS: readonly BothOptions[] = URLS.flatMap((url) =>
  [true, false].flatMap((validates) =>
    [true, false].map((ignoresUnknown) => ({ url, validates, ignoresUnknown })),
  ),
)
