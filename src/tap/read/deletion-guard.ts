/** Pure: whether a read would retire more rows than `max_deleted_percent` allows. */

import { AppError } from '../../errors.ts'
import type { TapConfig } from '../../schemas.generated.ts'
import type { Bounds } from './bounds.ts'
import type { StreamRead } from './stream-read.ts'

/** True if the read ends with ACTIVATE_VERSION, which retires rows that it did not find. */
export function retiresRows(config: TapConfig, { version }: Bounds): boolean {
  return version !== undefined && config.emit_activate_version_messages
}

/** DELETIONS_REFUSED for a read that would retire too many rows, else undefined. */
export function deletionError(
  config: TapConfig,
  { plan, rows }: Pick<StreamRead, 'plan' | 'rows'>,
): AppError | undefined {
  const maxPercent = config.max_deleted_percent
  const { rows: earlierRows, valueMs } = plan.bookmark
  // The state of an older version says only that there were rows, not how many.
  const isUnknown = earlierRows === undefined && valueMs !== undefined
  const lostPercent = isUnknown && rows.rows === 0 ? 100 : rows.lostPercent(earlierRows ?? 0)
  if (lostPercent <= maxPercent) return undefined
  const stream = plan.definition.id
  const had = isUnknown ? 'rows' : `${earlierRows} rows`
  const lost = Math.floor(lostPercent * 10) / 10
  return new AppError(
    'DELETIONS_REFUSED',
    `${stream} had ${had} at the last complete read and has ${rows.rows} now. At least ${lost} % of them would be retired, but \`max_deleted_percent\` allows ${maxPercent}, so none was retired.`,
    {
      hint: `If the rows were deleted on purpose, run customerio-sync resync ${stream} --allow-deletes once, or set \`max_deleted_percent\` to 100 for one sync.`,
      facts: { stream, rows: rows.rows },
    },
  )
}
