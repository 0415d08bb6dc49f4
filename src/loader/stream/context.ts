/** What the streams of one run share. */

import type { Logger } from '../../logger.ts'
import type { TargetConfig } from '../../schemas.generated.ts'
import type { CellStore } from '../columns/cell-store.ts'
import type { Dialect } from '../dialect.ts'
import type { Validators } from '../schema/validate.ts'
import type { Tables } from '../tables/tables.ts'
import type { CoerceContext } from '../values/coerce.ts'

type Optional = 'batch_size_rows' | 'batch_size_bytes'
type Elsewhere = 'default_target_schema' | 'warehouse_url'

export type LoadConfig = Required<Omit<TargetConfig, Elsewhere | Optional>> &
  Pick<TargetConfig, Optional>

export interface StreamContext {
  config: LoadConfig
  dialect: Dialect
  cells: CellStore
  tables: Tables
  validators: Validators
  coerce: CoerceContext
  logger: Logger
  /** When the run began, in milliseconds since the epoch. */
  startedAtMs: number
  /** Milliseconds since the epoch. */
  now: () => number
  /** STATE messages read so far. */
  stateCount: number
}
