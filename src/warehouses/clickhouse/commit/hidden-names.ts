/**
 * Names of the tables that the loader keeps for itself while it works. They begin with a dot, so no
 * load describes them. Each attempt to commit has names of its own: a statement of an earlier
 * attempt that arrives late finds no table of a later one.
 */

import { randomBytes, randomInt } from 'node:crypto'
import { HIDDEN_PREFIX } from '../sql.ts'

export class HiddenNames {
  readonly lock: string
  readonly #prefix: string

  /** `prefix` is the one of the load's tables. */
  constructor(prefix: string) {
    this.#prefix = prefix
    this.lock = `${HIDDEN_PREFIX}lock.${prefix}`
  }

  attempt(): AttemptNames {
    return new AttemptNames(this.#prefix, randomBytes(4).toString('hex'))
  }

  /** The attempt that a table belongs to; undefined for a table of another prefix. */
  attemptOf(table: string): AttemptNames | undefined {
    const kinds = ['work', 'undo', 'unit', 'row']
    const start = kinds
      .map((kind) => `${HIDDEN_PREFIX}${kind}.${this.#prefix}.`)
      .find((name) => table.startsWith(name))
    const token = start && /^([0-9a-f]{8})(?:\.\d+)?$/.exec(table.slice(start.length))?.[1]
    return token === undefined || token === '' ? undefined : new AttemptNames(this.#prefix, token)
  }
}

export class AttemptNames {
  readonly token: string
  /** Its comment says what the attempt publishes. */
  readonly unit: string
  /** Holds the row of the ledger. */
  readonly row: string
  readonly #prefix: string
  #count = 0

  constructor(prefix: string, token: string) {
    this.token = token
    this.#prefix = prefix
    this.unit = this.#name('unit')
    this.row = this.#name('row')
  }

  #name(kind: string): string {
    return `${HIDDEN_PREFIX}${kind}.${this.#prefix}.${this.token}`
  }

  /** A new name for a working copy or a stage. */
  work(): string {
    return `${this.#name('work')}.${this.#count++}`
  }

  /** A name under which a table is out of reach for statements that were sent earlier. */
  undo(): string {
    return `${this.#name('undo')}.${randomInt(2 ** 32)}`
  }
}
