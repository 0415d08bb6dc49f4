/** `target-warehouse --query`: prints the rows of a query that only reads. */

import type { Options } from 'yargs'
import { AppError } from '../errors.ts'
import type { Warehouse } from '../loader/warehouse.ts'
import type { ProgramContext } from './main.ts'
import { print } from './print.ts'
import type { QueryFormat } from './query-output.ts'

/** Without `--rows`. */
export const DEFAULT_ROWS = 1000
const DEFAULT_WIDTH = 80
const FORMATS: readonly string[] = ['text', 'json', 'csv'] satisfies QueryFormat[]

export interface QueryFlags {
  query?: string
  rows?: string
  format: string
}

/** `--query` and `--rows`. The format comes from `--format`. */
export const QUERY_OPTIONS: Record<string, Options> = {
  query: {
    string: true,
    requiresArg: true,
    describe: 'Print the rows of one SQL statement, which may only read',
  },
  rows: {
    string: true,
    requiresArg: true,
    describe: `Rows that --query prints at most [default: ${DEFAULT_ROWS}]`,
  },
}

function isFormat(format: string): format is QueryFormat {
  return FORMATS.includes(format)
}

/** The format and the number of rows. Throws USAGE for a value that no query takes. */
export function queryChoices({ query, rows = String(DEFAULT_ROWS), format }: QueryFlags): {
  maxRows: number
  format: QueryFormat
} {
  if (!isFormat(format)) {
    throw new AppError('USAGE', `A query prints text, json or csv, not ${format}.`)
  }
  if (query?.trim() === '') throw new AppError('USAGE', 'The query is empty.')
  const maxRows = Number(rows)
  if (/^\d+$/.test(rows) && maxRows >= 1 && maxRows <= 1e9) return { maxRows, format }
  throw new AppError('USAGE', `--rows must be a whole number of at least 1, not ${rows}.`)
}

/** Prints the result. Warns when it is not the whole one. */
export async function printQuery(
  warehouse: Warehouse,
  flags: QueryFlags & { query: string },
  { logger, signal }: ProgramContext,
): Promise<void> {
  const { printResult } = await import('./query-output.ts')
  const { maxRows, format } = queryChoices(flags)
  const request = { text: flags.query, maxRows, signal }
  const result = await warehouse.query(request).catch((error: unknown) => {
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
