/** MotherDuck keeps DuckDB databases on servers: another transaction model, and not a warehouse of ours. */

import { AppError } from '../errors.ts'

/** The same answer for `md:NAME` and `duckdb:md:NAME`; it holds no part of the URL, which may carry a token. */
export function motherduckRefusal(): AppError {
  return new AppError(
    'CONFIG_INVALID',
    '`warehouse_url` names a MotherDuck database; MotherDuck is not supported yet.',
    { hint: 'Name a local file: duckdb:PATH, for example duckdb:warehouse.duckdb.' },
  )
}
