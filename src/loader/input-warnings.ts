/** Warnings about the input as a whole. */

import type { Logger } from '../logger.ts'

export class InputWarnings {
  readonly #logger: Logger
  readonly #unknownTypes = new Set<string>()
  #badLineCount = 0

  constructor(logger: Logger) {
    this.#logger = logger
  }

  /** Once per type. */
  unknownType(type: string): void {
    if (this.#unknownTypes.has(type)) return
    this.#unknownTypes.add(type)
    this.#logger.warn('message_type_unknown', 'Skipped messages of an unknown type.', { type })
  }

  emptyState(): void {
    this.#logger.warn(
      'empty_state_ignored',
      'Ignored an empty STATE, because the next run would start over from it.',
    )
  }

  /** Counts a line that is not valid UTF-8. */
  countBadLine(): void {
    this.#badLineCount++
  }

  /** To be called after the last line. */
  finish(replacedCount: number): void {
    if (replacedCount === 0 && this.#badLineCount === 0) return
    this.#logger.warn(
      'characters_replaced',
      'Replaced characters that the warehouse cannot store with U+FFFD.',
      { characters: replacedCount, lines_not_utf8: this.#badLineCount },
    )
  }
}
