/** `target-warehouse --query` and `--preview`: print rows, and only read. */

import type { Options } from 'yargs'
import { AppError } from '../errors.ts'
import type { QueryResult } from '../loader/query.ts'
import type { Warehouse } from '../loader/warehouse.ts'
import type { ProgramContext } from './main.ts'
import { print } from './print.ts'
import type { QueryFormat } from './query-output.ts'

/** Rows of a query without `--rows`. */
export const DEFAULT_ROWS = 1000
/** Rows of a preview without `--rows`. */
const PREVIEW_ROWS = 20
const DEFAULT_WIDTH = 80
const FORMATS: readonly string[] = ['text', 'json', 'csv'] satisfies QueryFormat[]

export interface QueryFlags {
  query?: string
  preview?: string
  rows?: string
  format: string
}

/** `--query`, `--preview` and `--rows`. The format comes from `--format`. */
export const QUERY_OPTIONS: Record<string, Options> = {
  query: {
    string: true,
    requiresArg: true,
    describe: 'Print the rows of one SQL statement, which may only read',
  },
  preview: {
    string: true,
    requiresArg: true,
    describe: 'Print the newest rows of a stream',
  },
  rows: {
    string: true,
    requiresArg: true,
    describe: `Rows to print at most [default: ${DEFAULT_ROWS} of a query, ${PREVIEW_ROWS} of a preview]`,
  },
}

function isFormat(format: string): format is QueryFormat {
  return FORMATS.includes(format)
}

/** The format and the number of rows. Throws USAGE for a value that no query takes. */
export function queryChoices({ query, preview, format, ...flags }: QueryFlags): {
  maxRows: number
  format: QueryFormat
} {
  const rows = flags.rows ?? String(preview === undefined ? DEFAULT_ROWS : PREVIEW_ROWS)
  if (!isFormat(format)) {
    throw new AppError('USAGE', `A query prints text, json or csv, not ${format}.`)
  }
  if (query !== undefined && preview !== undefined) {
    throw new AppError('USAGE', 'Give --query or --preview, not both.')
  }
  if (query?.trim() === '') throw new AppError('USAGE', 'The query is empty.')
  const maxRows = Number(rows)
  if (/^\d+$/.test(rows) && maxRows >= 1 && maxRows <= 1e9) return { maxRows, format }
  throw new AppError('USAGE', `--rows must be a whole number of at least 1, not ${rows}.`)
}

/** Prints the result. Warns when it is not the whole one. */
async function printRows(
  flags: QueryFlags,
  { logger, signal }: ProgramContext,
  read: (maxRows: number) => Promise<QueryResult>,
): Promise<void> {
  const { printResult } = await import('./query-output.ts')
  const { maxRows, format } = queryChoices(flags)
  const result = await read(maxRows).catch((error: unknown) => {
    signal.throwIfAborted()
    throw error
  })
  const { text, isCut } = printResult(result, format, process.stdout.columns ?? DEFAULT_WIDTH)
  await print(text)
  if (result.hasMore) {
    logger.warn('rows_left_out', `The query has more rows than --rows ${maxRows} prints.`)
  }
  if (isCut) {
    logger.warn('values_cut', 'Long values are cut; JSON and CSV have them in full.')
  }
}

/** Prints the rows of a query. */
export async function printQuery(
  warehouse: Warehouse,
  flags: QueryFlags & { query: string },
  context: ProgramContext,
): Promise<void> {
  const { signal } = context
  await printRows(flags, context, async (maxRows) =>
    warehouse.query({ text: flags.query, maxRows, signal }),
  )
}

/** Prints the newest rows of a stream. */
export async function printPreview(
  { warehouse, prefix }: { warehouse: Warehouse; prefix: string },
  flags: QueryFlags & { preview: string },
  context: ProgramContext,
): Promise<void> {
  const { previewStream } = await import('../loader/inspect/preview.ts')
  const { signal } = context
  await printRows(flags, context, async (maxRows) =>
    previewStream(warehouse, { prefix, stream: flags.preview, maxRows, signal }),
  )
}
