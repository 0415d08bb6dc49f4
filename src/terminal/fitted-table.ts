/**
 * Pure: a table that fits a width. Wide columns are cut; when there are too many columns, each row
 * becomes a list of names and values.
 */

import { cutText, textWidth } from './text-width.ts'

export interface TableColumn {
  name: string
  /** Numbers are aligned to the right, and never cut while another column can be. */
  isNumber: boolean
}

export interface TableText {
  text: string
  /** True if a value does not stand there in full. */
  isCut: boolean
}

const GAP = '  '
/** No column that is cut gets narrower. */
const MIN_WIDTH = 8
const MAX_NAME_WIDTH = 30

function sum(numbers: readonly number[]): number {
  return numbers.reduce((total, number) => total + number, 0)
}

/**
 * Lowers the widest columns until all fit. Undefined when they would get too narrow to read. Only
 * columns of text are lowered.
 */
export function fitWidths(
  wanted: readonly { width: number; isNumber: boolean }[],
  available: number,
): number[] | undefined {
  const widths = wanted.map(({ width }) => width)
  const gaps = GAP.length * Math.max(0, widths.length - 1)
  let excess = sum(widths) + gaps - available
  while (excess > 0) {
    const cuttable = wanted.flatMap(({ isNumber }, at) =>
      isNumber || (widths[at] ?? 0) <= MIN_WIDTH ? [] : [at],
    )
    const widest = Math.max(0, ...cuttable.map((at) => widths[at] ?? 0))
    const group = cuttable.filter((at) => widths[at] === widest)
    if (group.length === 0) return undefined
    const narrower = cuttable.map((at) => widths[at] ?? 0).filter((width) => width < widest)
    const nextWidth = Math.max(MIN_WIDTH, ...narrower)
    const step = Math.max(1, Math.min(widest - nextWidth, Math.floor(excess / group.length)))
    for (const at of group) {
      if (excess <= 0) break
      widths[at] = widest - step
      excess -= step
    }
  }
  return widths
}

function padded(text: string, width: number, isNumber: boolean): string {
  const space = ' '.repeat(Math.max(0, width - textWidth(text)))
  return isNumber ? space + text : text + space
}

function asTable(
  columns: readonly TableColumn[],
  rows: readonly (readonly string[])[],
  widths: readonly number[],
): string {
  const line = (cells: readonly string[]) =>
    cells
      .map((cell, at) => {
        const width = widths[at] ?? 0
        return padded(cutText(cell, width), width, columns[at]?.isNumber === true)
      })
      .join(GAP)
      .trimEnd()
  const names = columns.map(({ name }) => name)
  return [line(names), line(widths.map((width) => '-'.repeat(width))), ...rows.map(line)].join('\n')
}

function asLists(
  columns: readonly TableColumn[],
  rows: readonly (readonly string[])[],
  width: number,
): TableText {
  const widestName = Math.max(...columns.map(({ name }) => textWidth(name)))
  const nameWidth = Math.min(MAX_NAME_WIDTH, widestName)
  const valueWidth = Math.max(MIN_WIDTH, width - nameWidth - GAP.length)
  const names = columns.map(({ name }) => padded(cutText(name, nameWidth), nameWidth, false))
  const lists = rows.map((row) =>
    names
      .map((name, at) => `${name}${GAP}${cutText(row[at] ?? '', valueWidth)}`.trimEnd())
      .join('\n'),
  )
  const isCut = rows.some((row) => row.some((cell) => textWidth(cell) > valueWidth))
  return { text: lists.join(`\n${'-'.repeat(nameWidth)}\n`), isCut }
}

/** The rows as text of at most `width` columns. Cells must have no control characters. */
export function fitTable(
  columns: readonly TableColumn[],
  rows: readonly (readonly string[])[],
  width: number,
): TableText {
  const wanted = columns.map(({ name, isNumber }, at) => {
    const widest = rows.reduce((most, row) => Math.max(most, textWidth(row[at] ?? '')), 0)
    return { width: Math.max(textWidth(name), widest), isNumber }
  })
  const widths = fitWidths(wanted, width)
  if (!widths && rows.length > 0) return asLists(columns, rows, width)
  const used = widths ?? wanted.map((column) => column.width)
  const isCut = rows.some((row) => row.some((cell, at) => textWidth(cell) > (used[at] ?? 0)))
  return { text: asTable(columns, rows, used), isCut }
}
