/** Warns once per run about each variant column that receives values. */

import type { Logger } from '../../logger.ts'

/** A column and the variant column that receives what does not fit it. */
export interface VariantPlace {
  table: string
  column: string
  variant: string
}

export class VariantWarnings {
  readonly #logger: Logger
  readonly #warned = new Set<string>()

  constructor(logger: Logger) {
    this.#logger = logger
  }

  /** May be called for each value. */
  note({ table, column, variant }: VariantPlace): void {
    const place = `${table}\n${variant}`
    if (this.#warned.has(place)) return
    this.#warned.add(place)
    this.#logger.warn(
      'variant_column_used',
      'Values that do not fit into a column were written to its variant column.',
      { table, column, second_column: variant },
    )
  }
}
