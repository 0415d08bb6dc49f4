/**
 * Plans the views of live rows: one for each table of a stream that has a mark for deleted rows. A
 * view has the columns of its table by name, so it is replaced when they change.
 */

import type { Logger } from '../../logger.ts'
import { foldName } from '../../urls/name-folding.ts'
import type { Change, LiveView } from '../commit-unit.ts'
import type { Dialect } from '../dialect.ts'
import type { FoundTable, FoundView } from '../warehouse.ts'
import type { KnownTables } from './known-tables.ts'
import { findNamed, naturalName, tableRules } from './names.ts'
import type { TableColumns } from './table-columns.ts'

const SUFFIX = '_live'

export interface LiveViewOptions {
  dialect: Dialect
  tables: KnownTables
  /** The tables as they were when the load began. */
  found: readonly FoundTable[]
  views: readonly FoundView[]
  logger: Logger
}

/** A planned view, and the columns that it has; undefined for one that must be created. */
interface PlannedView {
  view: string
  columns: readonly string[] | undefined
}

/** Existing columns of which one is set in a deleted row: the mark, and what it could not hold. */
export function deletionMarks(columns: TableColumns): string[] {
  const mark = columns.find('_sdc_deleted_at')
  if (!mark) return []
  const variants = columns.variantsOf(mark.name).filter(({ name }) => columns.find(name))
  return [mark.name, ...variants.map(({ name }) => name)]
}

/** Whether the columns of the view are those of the table. */
function isCurrent(view: FoundView, table: FoundTable | undefined): boolean {
  return view.columns.every(({ name, type }) => {
    const native = table?.columns.find((column) => column.name === name)?.native
    return native === undefined || native.name === type
  })
}

export class LiveViews {
  readonly #options: LiveViewOptions
  /** By table. */
  readonly #planned = new Map<string, PlannedView>()

  constructor(options: LiveViewOptions) {
    this.#options = options
  }

  /** Whether the name of a table belongs to a view. */
  hasName(name: string): boolean {
    const { dialect, views } = this.#options
    const fold = foldName(name, dialect)
    const planned = [...this.#planned.values()].map(({ view }) => view)
    const ours = views.filter(({ isOurs }) => isOurs).map((view) => view.name)
    return [...planned, ...ours].some((view) => foldName(view, dialect) === fold)
  }

  /** Plans the view of a table, once. Warns if something else has its name. */
  add(table: string): void {
    if (this.#planned.has(table)) return
    const { dialect, tables, views, logger } = this.#options
    const rules = tableRules(dialect)
    const view = naturalName(`${table}${SUFFIX}`, rules)
    const found = findNamed(views, view, rules)
    const isTaken = found ? !found.isOurs : tables.hasTable(view)
    if (isTaken) {
      logger.warn('live_view_skipped', 'A table has no live view, because its name is taken.', {
        table,
        view,
      })
      return
    }
    const isKept = found && isCurrent(found, findNamed(this.#options.found, table, rules))
    const columns = isKept ? found.columns.map(({ name }) => name) : undefined
    this.#planned.set(table, { view: found?.name ?? view, columns })
  }

  /** The views that the next commit must create or replace, after its other changes. */
  due(changes: readonly Change[]): LiveView[] {
    const { tables } = this.#options
    const widened = new Set(
      changes.filter(({ kind }) => kind === 'widen-column').map(({ table }) => table),
    )
    return [...this.#planned].flatMap(([table, { view, columns: current }]): LiveView[] => {
      const columns = tables.columnsOf(table)
      const marks = deletionMarks(columns)
      const names = columns.names
      const isDue = widened.has(table) || names.join('\n') !== current?.join('\n')
      return isDue && marks.length > 0
        ? [{ kind: 'live-view', table, view, columns: names, marks }]
        : []
    })
  }

  /** Takes the views for created. */
  noteDone(views: readonly LiveView[]): void {
    for (const { table, view, columns } of views) this.#planned.set(table, { view, columns })
  }
}
