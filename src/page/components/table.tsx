/** Tables that become cards on a narrow screen. Roles keep them tables for screen readers. */

import type { ComponentChildren } from 'preact'

export interface TableColumn<Row> {
  title: string
  /** Numbers are aligned to the right. */
  isNumber?: boolean
  /** The title is for screen readers only. */
  isTitleHidden?: boolean
  cell: (row: Row) => ComponentChildren
}

export interface TableProps<Row> {
  /** What the table holds, for screen readers. */
  caption: string
  columns: readonly TableColumn<Row>[]
  rows: readonly Row[]
  keyOf: (row: Row) => string
  /** The first column names the row. @default true */
  hasRowNames?: boolean
  /** Stays a table on a narrow screen, in a box that scrolls sideways. */
  isWide?: boolean
}

function classOf({
  isNumber = false,
  isTitleHidden = false,
}: {
  isNumber?: boolean
  isTitleHidden?: boolean
}): string {
  return isNumber ? 'number' : isTitleHidden ? 'last' : ''
}

function Head<Row>({ columns }: Pick<TableProps<Row>, 'columns'>) {
  return (
    <thead role="rowgroup">
      <tr role="row">
        {columns.map((column) => (
          <th key={column.title} scope="col" role="columnheader" class={classOf(column)}>
            {column.isTitleHidden === true ? (
              <span class="hidden">{column.title}</span>
            ) : (
              column.title
            )}
          </th>
        ))}
      </tr>
    </thead>
  )
}

function Cells<Row>({
  columns,
  row,
  hasRowNames,
}: {
  columns: readonly TableColumn<Row>[]
  row: Row
  hasRowNames: boolean
}) {
  return (
    <tr role="row">
      {columns.map((column, at) =>
        at === 0 && hasRowNames ? (
          <th key={column.title} scope="row" role="rowheader" class={classOf(column)}>
            {column.cell(row)}
          </th>
        ) : (
          <td
            key={column.title}
            role="cell"
            class={classOf(column)}
            data-title={column.isTitleHidden === true ? undefined : column.title}
          >
            {column.cell(row)}
          </td>
        ),
      )}
    </tr>
  )
}

export function Table<Row>(props: TableProps<Row>) {
  const { caption, columns, rows, keyOf, hasRowNames = true, isWide = false } = props
  return (
    <table class={isWide ? 'table' : 'table cards'} role="table">
      <caption class="hidden">{caption}</caption>
      <Head columns={columns} />
      <tbody role="rowgroup">
        {rows.map((row) => (
          <Cells key={keyOf(row)} columns={columns} row={row} hasRowNames={hasRowNames} />
        ))}
      </tbody>
    </table>
  )
}
