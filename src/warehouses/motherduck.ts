/** The error for MotherDuck, whose transaction model differs from DuckDB's. */

import { AppError } from '../errors.ts'

/**
 * The same for `md:NAME` and `duckdb:md:NAME`. Quotes no part of the URL, which may hold a token.
 */
export function motherduckRefusal(): AppError {
  return new AppError(
    'CONFIG_INVALID',
    '`warehouse_url` names a MotherDuck database; MotherDuck is not supported yet.',
    { hint: 'Name a local file: duckdb:PATH, for example duckdb:warehouse.duckdb.' },
  )
}
