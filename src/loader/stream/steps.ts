/** Pure: which metadata columns a record needs, and which step retires a version. */

import type { RecordMessage } from '../../singer/messages.ts'
import type { TablePlan } from '../tables/plan.ts'
import { VERSION_COLUMNS, type MetadataName } from '../tables/metadata.ts'
import type { RetireStep } from '../commit-unit.ts'
import type { LoadConfig, StreamContext } from './context.ts'

/** `_sdc_` columns that the record needs but the plan lacks: `add_record_metadata` is off. */
export function missingMetadata(
  message: RecordMessage,
  plan: TablePlan,
  config: LoadConfig,
): MetadataName[] {
  if (config.add_record_metadata) return []
  const needed: MetadataName[] = []
  const hasVersion = message.version !== undefined && config.process_activate_version_messages
  if (hasVersion) needed.push(...VERSION_COLUMNS)
  const deletedAt = message.record['_sdc_deleted_at'] ?? null
  if (config.hard_delete && deletedAt !== null) needed.push('_sdc_deleted_at')
  return needed.filter((name) => !plan.metadata.has(name))
}

/** The step that retires all versions before this one; undefined without a version column. */
export function retireStep(
  plan: TablePlan,
  version: number,
  { config, now }: Pick<StreamContext, 'config' | 'now'>,
): RetireStep | undefined {
  const column = plan.metadata.get('_sdc_table_version')
  const mark = plan.metadata.get('_sdc_deleted_at')
  if (column === undefined) return undefined
  const foreign = [column.foreign, mark?.foreign].filter((found) => found !== undefined)
  return {
    kind: 'retire',
    table: plan.table,
    version,
    versionColumn: column.column,
    markColumn: config.hard_delete ? undefined : mark?.column,
    atMicros: now() * 1000,
    ...(foreign.length > 0 && { foreign }),
  }
}
