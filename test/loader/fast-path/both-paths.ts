/** Loads the same lines into two batches: one with the fast path, one only with the slow path. */

import assert from 'node:assert/strict'
import { Logger } from '../../../src/logger.ts'
import type { JsonObject } from '../../../src/singer/json.ts'
import { Lines } from '../../../src/singer/lines.ts'
import type { SchemaMessage } from '../../../src/singer/messages.ts'
import { readMessage } from '../../../src/singer/reader.ts'
import { Batch } from '../../../src/loader/stream/batch.ts'
import { CellStore } from '../../../src/loader/columns/cell-store.ts'
import type { CoerceContext } from '../../../src/loader/values/coerce.ts'
import { tryAppend, type FastStream } from '../../../src/loader/fast-path/try-append.ts'
import { UNCHECKED } from '../../../src/loader/schema/rules.ts'
import { Tables } from '../../../src/loader/tables/tables.ts'
import { StringCleaner } from '../../../src/loader/values/text.ts'
import { Validators } from '../../../src/loader/schema/validate.ts'
import { WAREHOUSE_KINDS } from '../../../src/urls/warehouse-urls.ts'
import { createWarehouse } from '../../../src/warehouses/index.ts'

const LOGGER = new Logger({
  name: 'test',
  level: 'critical',
  format: 'plain',
  write: () => undefined,
})
const NOW_MS = Date.UTC(2026, 0, 2)

export interface PathCounts {
  /** Records that the fast path added. */
  fast: number
  /** Records that were added. */
  added: number
}

export interface PathOptions {
  /** Selects the dialect. The warehouse is not opened. */
  url: string
  validates: boolean
  skipsUndeclared: boolean
}

export function schemaMessage(properties: JsonObject, keys: string[] = []): SchemaMessage {
  return { type: 'SCHEMA', stream: 's', schema: { properties }, key_properties: keys }
}

async function createBatch(schema: SchemaMessage, { url, validates }: PathOptions) {
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
    readComments: () => Promise.resolve([]),
    logger: LOGGER,
  })
  const coerce: CoerceContext = {
    cleaner: new StringCleaner(dialect.holdsNul),
    mayNeedCleaning: false,
    isNumberExact: dialect.isNumberExact,
    numberDigits: dialect.numberDigits,
    hasOnlyWritableTimes: dialect.hasOnlyWritableTimes === true,
  }
  const validators = new Validators()
  const rules = validates ? validators.rulesFor(schema) : UNCHECKED
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
  })
  const validate = validates ? validators.validatorFor(schema) : () => undefined
  /** The slow path. False for a line that is no record, or is rejected. */
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
  return { batch, add, rules, coerce }
}

function contents(batch: Batch): unknown {
  const { columns, rowCount } = batch.seal()
  return columns.map(({ name, type, cells }) => [
    name,
    type,
    Array.from({ length: rowCount }, (_, row) => cells.at(row)),
  ])
}

/**
 * Makes the fast path forget the last line: `{}` of a stream without properties, spelled otherwise.
 */
function forgetLastLine(): void {
  const lines = new Lines()
  lines.push(Buffer.from('{"stream":"other","type":"RECORD","record":{},"forget":1}\n'))
  lines.next()
  const batch = {
    rowCount: 0,
    properties: [],
    hasVersionColumn: true,
    completeRow: () => undefined,
  }
  const other = { rules: UNCHECKED, skipsUndeclared: true, batch, countAppended: () => undefined }
  assert.ok(tryAppend(lines, new Map([['other', other]]), NOW_MS))
}

/** Fails unless both paths leave the same cells, and the fast path adds only valid records. */
export async function loadBothPaths(
  schema: SchemaMessage,
  texts: readonly (string | Buffer)[],
  options: PathOptions,
): Promise<PathCounts> {
  const [fast, slow] = [await createBatch(schema, options), await createBatch(schema, options)]
  assert.ok(fast.rules, `no rules for ${JSON.stringify(schema.schema)}`)
  forgetLastLine()
  const counts: PathCounts = { fast: 0, added: 0 }
  const stream: FastStream = {
    rules: fast.rules,
    skipsUndeclared: options.skipsUndeclared,
    batch: fast.batch,
    countAppended: () => counts.fast++,
  }
  const streams = new Map([['s', stream]])
  const lines = new Lines()
  lines.push(Buffer.concat(texts.flatMap((text) => [Buffer.from(text), Buffer.from('\n')])))
  while (lines.next()) {
    fast.coerce.mayNeedCleaning = false
    const isFast = tryAppend(lines, streams, NOW_MS)
    const isAdded = slow.add(lines)
    if (isAdded) counts.added++
    const shown = lines.source.toString('utf8', lines.from, lines.end)
    if (isFast) assert.ok(isAdded, `added by the fast path, but it is not valid: ${shown}`)
    else assert.equal(fast.add(lines), isAdded, shown)
  }
  assert.deepEqual(contents(fast.batch), contents(slow.batch))
  return counts
}

/** One for each kind of warehouse, because some have several schemes. */
const URLS = new Map(
  Object.entries(WAREHOUSE_KINDS).map(([scheme, kind]) => [
    kind,
    scheme === 'iceberg' ? 'iceberg:http://unused?warehouse=unused' : `${scheme}:///unused`,
  ]),
)

/** Every combination of options that changes how a record is read. */
export const EVERY_OPTIONS: readonly PathOptions[] = [...URLS.values()].flatMap((url) =>
  [true, false].flatMap((validates) =>
    [true, false].map((skipsUndeclared) => ({ url, validates, skipsUndeclared })),
  ),
)
