/** The hint for a null that a column or a domain refuses. */

import { DatabaseError } from 'pg'
import type { CommitUnit, Step } from '../../../loader/commit-unit.ts'

function fills(step: Step, column: string): boolean {
  if (step.kind !== 'write') return false
  return [...step.columns, ...(step.foreign ?? [])].some(({ name }) => name === column)
}

/** Undefined for another error, and when the stream does not fill the column. */
export function nullHint(error: unknown, { steps }: CommitUnit): string | undefined {
  if (!(error instanceof DatabaseError) || error.code !== '23502') return undefined
  const { column, dataType } = error
  if (column === undefined && dataType !== undefined) {
    return `The domain ${JSON.stringify(dataType)} of a column refuses null: a record has no value there, or one that does not fit. Let the domain take null, or correct the tap.`
  }
  if (column === undefined || !steps.some((step) => fills(step, column))) return undefined
  return `The stream fills the column ${JSON.stringify(column)}, which refuses null: a record has no value there, or one that does not fit. Let the column take null, or correct the tap.`
}
