/** What is said of values that go beside their column, and of keys, which cannot. */

import { AppError } from '../../errors.ts'
import type { Logger } from '../../logger.ts'

/** A column, and the variant column beside it. */
export interface VariantPlace {
  table: string
  column: string
  variant: string
}

/** Logs once in a run for each column that values do not fit into it. */
export class VariantWarnings {
  readonly #logger: Logger
  readonly #logged = new Set<string>()

  constructor(logger: Logger) {
    this.#logger = logger
  }

  /** For each of the values, or once for many. */
  note({ table, column, variant }: VariantPlace): void {
    const place = `${table}\n${variant}`
    if (this.#logged.has(place)) return
    this.#logged.add(place)
    this.#logger.warn(
      'variant_column_used',
      'Values that do not fit into a column went to a second one.',
      {
        table,
        column,
        second_column: variant,
      },
    )
  }
}

/** A column of a key, and the database's name of its type. */
export interface KeyPlace {
  table: string
  column: string
  type: string
}

function described({ table, column, type }: KeyPlace): string {
  return `The key column ${JSON.stringify(column)} of table ${JSON.stringify(table)} is of the type ${type}`
}

const KEY_HINT =
  'Change the type of the column, or rename the table and read the stream in full into a new one.'

/** The error for a key with a value that its column cannot hold. */
export function keyMisfit(place: KeyPlace): AppError {
  return new AppError(
    'WAREHOUSE_FAILED',
    `${described(place)}, and a key of this batch does not fit into it; nothing of the batch was written.`,
    { hint: KEY_HINT },
  )
}

/** The error for a key whose column is of a type in which the database cannot find rows. */
export function keyIncomparable(place: KeyPlace, cause: unknown): AppError {
  return new AppError(
    'WAREHOUSE_FAILED',
    `${described(place)}, whose values the database cannot compare; nothing of the batch was written.`,
    { hint: KEY_HINT, cause },
  )
}

/** The error for a key whose column the database computes by itself. */
export function keyComputed({ table, column }: Omit<KeyPlace, 'type'>): AppError {
  return new AppError(
    'WAREHOUSE_FAILED',
    `The key column ${JSON.stringify(column)} of table ${JSON.stringify(table)} is computed by the database, so that no key can be written into it.`,
    {
      hint: 'Make it a plain column, or rename the table and read the stream in full into a new one.',
    },
  )
}
