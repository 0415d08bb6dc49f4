/** `_sdc_rejects`: records that were not loaded, under `on_invalid_record: reject`. Keys and reasons, not the records. */

import { AppError } from '../../errors.ts'
import type { Logger } from '../../logger.ts'
import { printJson, type JsonObject } from '../../singer/json.ts'
import type { RecordMessage } from '../../singer/messages.ts'
import { StringCleaner } from '../values/text.ts'
import { cellsOf } from '../columns/cells.ts'
import type { Cell } from '../schema/types.ts'
import type { Column, WriteStep } from '../warehouse.ts'

export const REJECTS_TABLE = '_sdc_rejects'

export const REJECTS_COLUMNS: readonly Column[] = [
  { name: 'run_id', type: { kind: 'text' } },
  { name: 'rejected_at', type: { kind: 'timestamp' } },
  { name: 'stream', type: { kind: 'text' } },
  /** Line of the input, from 1. */
  { name: 'line_number', type: { kind: 'integer' } },
  /** The record's key properties as a JSON object; null for a stream without keys. */
  { name: 'record_key', type: { kind: 'json' } },
  { name: 'reason', type: { kind: 'text' } },
]

export interface Reject {
  stream: string
  line: number
  /** JSON, already free of what the database cannot hold. */
  key: string | null
  reason: string
}

/** The record's key properties, those that are missing as null; undefined for a stream without keys. */
export function rejectKey(
  { record }: RecordMessage,
  keys: readonly string[],
): JsonObject | undefined {
  if (keys.length === 0) return undefined
  const own = (name: string) => (Object.hasOwn(record, name) ? (record[name] ?? null) : null)
  return Object.fromEntries(keys.map((name) => [name, own(name)]))
}

/** Rejects that wait for the next commit. */
export class RejectList {
  readonly #failsAtFirst: boolean
  readonly #logger: Logger
  readonly #warnedStreams = new Set<string>()
  #rejects: Reject[] = []

  constructor(failsAtFirst: boolean, logger: Logger) {
    this.#failsAtFirst = failsAtFirst
    this.#logger = logger
  }

  /** Throws RECORD_INVALID where the first invalid record ends the load. */
  add(reject: Omit<Reject, 'key'>, key: JsonObject | undefined): void {
    const { stream, line, reason } = reject
    if (this.#failsAtFirst) {
      throw new AppError(
        'RECORD_INVALID',
        `Line ${line} of the input is a record of stream ${JSON.stringify(stream)} that is not valid: ${reason}.`,
        {
          hint: 'Correct the tap or its schema, or set `on_invalid_record` to reject.',
          facts: { line, stream },
        },
      )
    }
    if (!this.#warnedStreams.has(stream)) {
      this.#warnedStreams.add(stream)
      this.#logger.warn('record_rejected', 'A record was not valid and was left out.', {
        stream,
        line,
        reason,
      })
    }
    const clean = new StringCleaner(false)
    this.#rejects.push({
      stream: clean.cleanText(stream),
      line,
      key: keyText(key, clean),
      reason: clean.cleanText(reason),
    })
  }

  /** Returns the rejects since the last call. */
  drain(): Reject[] {
    const drained = this.#rejects
    this.#rejects = []
    return drained
  }
}

function keyText(key: JsonObject | undefined, clean: StringCleaner): string | null {
  if (key === undefined) return null
  try {
    return printJson(clean.cleanValue(key))
  } catch {
    // Nested too deeply to be printed.
    return null
  }
}

/** The step that adds the rows. */
export function rejectsStep(
  table: string,
  rejects: readonly Reject[],
  run: { id: string; nowMs: number },
): WriteStep {
  const rows = rejects.map((reject): Cell[] => [
    run.id,
    run.nowMs * 1000,
    reject.stream,
    reject.line,
    reject.key,
    reject.reason,
  ])
  return {
    kind: 'write',
    table,
    columns: REJECTS_COLUMNS.map((column, at) => ({
      ...column,
      cells: cellsOf(
        column.type,
        rows.map((row) => row[at] ?? null),
      ),
    })),
    rowCount: rows.length,
    keys: [],
    deleteWhereSet: undefined,
  }
}
