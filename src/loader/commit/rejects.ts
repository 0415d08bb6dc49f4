/**
 * The table `_sdc_rejects`: keys of records that were not loaded with `on_invalid_record: reject`,
 * and why. It does not contain the records themselves.
 */

import { AppError } from '../../errors.ts'
import type { Logger } from '../../logger.ts'
import { printJson, type JsonObject } from '../../singer/json.ts'
import type { RecordMessage } from '../../singer/messages.ts'
import { StringCleaner } from '../values/text.ts'
import { cellsOf } from '../columns/cells.ts'
import type { Cell } from '../schema/types.ts'
import type { Column, WriteStep } from '../commit-unit.ts'

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
  /** JSON without characters that a database cannot store; null for a stream without keys. */
  key: string | null
  reason: string
}

/** The record's key, with null for missing properties; undefined for a stream without keys. */
export function rejectKey(
  { record }: RecordMessage,
  keys: readonly string[],
): JsonObject | undefined {
  if (keys.length === 0) return undefined
  const valueOf = (name: string) => (Object.hasOwn(record, name) ? (record[name] ?? null) : null)
  return Object.fromEntries(keys.map((name) => [name, valueOf(name)]))
}

/** Collects rejects for the next commit. */
export class RejectList {
  readonly #failsOnInvalid: boolean
  readonly #logger: Logger
  readonly #warnedStreams = new Set<string>()
  #rejects: Reject[] = []

  constructor(failsOnInvalid: boolean, logger: Logger) {
    this.#failsOnInvalid = failsOnInvalid
    this.#logger = logger
  }

  /** Throws RECORD_INVALID with `on_invalid_record: fail`. Warns once per stream otherwise. */
  add(reject: Omit<Reject, 'key'>, key: JsonObject | undefined): void {
    const { stream, line, reason } = reject
    if (this.#failsOnInvalid) {
      throw new AppError(
        'RECORD_INVALID',
        `Line ${line} of the input has an invalid record of stream ${JSON.stringify(stream)}: ${reason}.`,
        {
          hint: 'Fix the tap or its schema, or set `on_invalid_record` to reject.',
          facts: { line, stream },
        },
      )
    }
    if (!this.#warnedStreams.has(stream)) {
      this.#warnedStreams.add(stream)
      this.#logger.warn(
        'record_rejected',
        'Rejected an invalid record. Later ones of this stream are not logged.',
        {
          stream,
          line,
          reason,
        },
      )
    }
    const clean = new StringCleaner(false)
    this.#rejects.push({
      stream: clean.cleanText(stream),
      line,
      key: keyText(key, clean),
      reason: clean.cleanText(reason),
    })
  }

  /** Whether there are no rejects since the last `drain`. */
  get isEmpty(): boolean {
    return this.#rejects.length === 0
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
    // The key is nested too deeply to be printed.
    return null
  }
}

/** The step that inserts the rows. */
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
