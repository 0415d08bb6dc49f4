/** Turns a time that a database printed into RFC 3339. Pure. */

import type { PrintedCell } from '../query.ts'
import type { FoundColumn } from '../warehouse.ts'

/** Every database prints times of these years in UTC, each in its own way. */
const TIME = /^(\d{4}-\d\d-\d\d)[ T](\d\d:\d\d:\d\d)(?:\.(\d+))?(?:Z|\+00(?::00)?)$/

/** A cell of the column; a time as RFC 3339, unless it is infinite or of another era. */
export function printedCell(cell: PrintedCell, { type }: Pick<FoundColumn, 'type'>): PrintedCell {
  if (cell === null || type?.kind !== 'timestamp') return cell
  const [, date, time, fraction = ''] = TIME.exec(cell) ?? []
  if (date === undefined) return cell
  const digits = fraction.replace(/0+$/, '')
  return `${date}T${time}${digits === '' ? '' : `.${digits}`}Z`
}
