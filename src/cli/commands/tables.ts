import { readTables, type InspectedTable } from '../../runner/warehouse/target-client.ts'
import { fitTable } from '../../terminal/fitted-table.ts'
import { formatTable } from '../../terminal/table.ts'
import { textWidth } from '../../terminal/text-width.ts'
import { wrapText } from '../../terminal/wrapped-text.ts'
import {
  CONNECTION_OPTION,
  connectionOptions,
  JSON_OPTION,
  warn,
  type Command,
  type ConnectionFlags,
} from '../command.ts'
import { openConnection } from '../open.ts'
import { print } from '../print.ts'

interface TablesFlags extends ConnectionFlags {
  columns?: boolean
}

function rowsTable(tables: readonly InspectedTable[]): string {
  const rows = tables.map(({ table, rows: live, deleted_rows: deleted, ...facts }) =>
    live === null
      ? [table, 'not created yet', '', '']
      : [table, String(live), String(deleted), facts.newest_update ?? 'none'],
  )
  return formatTable(['table', 'live rows', 'deleted rows', 'newest update'], rows)
}

const COLUMN_HEADER = ['column', 'type', 'description'].map((name) => ({ name, isNumber: false }))

function oneLine(text: string): string {
  return text.replaceAll(/\s+/g, ' ')
}

/** Narrower descriptions are cut instead of wrapped. */
const MIN_DESCRIPTION = 16

/** A row of the table of columns. A long description goes on in the rows below it. */
function columnRows(rows: readonly (readonly [string, string, string])[], width: number) {
  const widest = (at: 0 | 1) => Math.max(...rows.map((row) => textWidth(row[at])))
  const left = width - widest(0) - widest(1) - 4
  if (left < MIN_DESCRIPTION) return rows
  return rows.flatMap(([name, type, description]) =>
    wrapText(description, left).map((line, at) => (at === 0 ? [name, type, line] : ['', '', line])),
  )
}

/** Long descriptions are wrapped on a terminal only. */
function columnsTable({ table, description, columns }: InspectedTable): string {
  const rows = columns.map(
    ({ name, native_type: type, ...column }) =>
      [oneLine(name), type ?? 'computed', oneLine(column.description ?? '')] as const,
  )
  const width = process.stdout.columns ?? Number.POSITIVE_INFINITY
  const title = description === null ? table : `${table}: ${oneLine(description)}`
  const { text } = fitTable(COLUMN_HEADER, columnRows(rows, width), width)
  return [...wrapText(title, width), '', text].join('\n')
}

function tablesText(tables: readonly InspectedTable[], flags: TablesFlags): string {
  const columns = tables.filter((table) => table.columns.length > 0).map(columnsTable)
  if (flags.columns) return [rowsTable(tables), ...columns].join('\n\n')
  if (columns.length === 0) {
    return `${rowsTable(tables)}\n\nThe first run creates the tables: customerio-sync run${connectionOptions(flags)}`
  }
  return rowsTable(tables)
}

export const tablesCommand: Command<TablesFlags> = {
  line: {
    name: 'customerio-sync tables',
    usage:
      'Usage: $0 [--columns] [--connection NAME|FILE]\n\nShows the tables of a connection: live and deleted rows, and the newest update.',
    options: {
      ...CONNECTION_OPTION,
      columns: { boolean: true, describe: 'Show the columns, their types and descriptions too' },
      ...JSON_OPTION,
    },
    examples: [
      ['$0', 'Count the rows of each table'],
      ['$0 --columns', 'Show what each column means'],
    ],
  },
  run: async (flags, context) => {
    const { env, signal, logger } = context
    const connection = await openConnection(flags, context)
    const { tables } = await readTables(connection, [...connection.resources.keys()], {
      env,
      signal,
      onLogEvent: (_program, { message }) => warn(message, logger),
    })
    if (flags.json) {
      await print(JSON.stringify(tables, undefined, 2))
      return
    }
    const lines = tablesText(tables, flags).split('\n')
    await print(lines.map((line) => logger.clean(line)).join('\n'))
  },
}
