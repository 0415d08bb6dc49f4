/** Errors of a query that the user wrote: with the message of the database, as it is. */

import { AppError } from '../errors.ts'

/** What the driver of DuckDB puts in front. */
const DRIVER_PREFIX = 'Failed to extract statements: '
/** What follows shows the query again, which the user knows. */
const QUOTED_QUERY = /\n\s*LINE \d+:[^]*/

/** WAREHOUSE_FAILED with the message as it is, because the user needs it to correct the query. */
export function refusedQuery(label: string, cause: Error, hint?: string): AppError {
  const message = cause.message
    .replace(DRIVER_PREFIX, '')
    .replace(QUOTED_QUERY, '')
    .trim()
    .replace(/\s*\n\s*/g, ' ')
    .replace(/(?<![.!?])$/, '.')
  return new AppError('WAREHOUSE_FAILED', `${label} refused the query: ${message}`, {
    cause,
    ...(hint !== undefined && { hint }),
  })
}

/** WAREHOUSE_FAILED for a query that may do more than read. */
export function notReading(sentence: string): AppError {
  const hint = 'Give one statement that reads, such as SELECT.'
  return new AppError('WAREHOUSE_FAILED', sentence, { hint })
}

/** WAREHOUSE_FAILED for a warehouse that no load has created. */
export function missingWarehouse(): AppError {
  return new AppError('WAREHOUSE_FAILED', 'The warehouse does not exist yet.', {
    hint: 'The first load creates it. Load something, or correct `warehouse_url`.',
  })
}
