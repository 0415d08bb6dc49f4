/** Finds the columns that say which rows are deleted. Pure. */

import type { TableColumns } from './table-columns.ts'

/** Existing columns of which one is set in a deleted row: the mark, and what it could not hold. */
export function deletionMarks(columns: TableColumns): string[] {
  const mark = columns.find('_sdc_deleted_at')
  if (!mark) return []
  const variants = columns.variantsOf(mark.name).filter(({ name }) => columns.find(name))
  return [mark.name, ...variants.map(({ name }) => name)]
}
