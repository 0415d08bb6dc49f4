/** Prints the result of a query: as a table for a person, as JSON or CSV for a program. */

import type { PrintedCell, QueryResult, ResultColumn } from '../loader/query.ts'
import { escapeControls } from '../logger.ts'
import { JsonNumber, parseJson, printJson, VALID_NUMBER, type JsonValue } from '../singer/json.ts'
import { fitTable } from '../terminal/fitted-table.ts'

export type QueryFormat = 'text' | 'json' | 'csv'

/** Text, and whether values are cut in it. */
export interface PrintedResult {
  text: string
  isCut: boolean
}

/** Names of members: a repeated name gets a number, because JSON readers keep one of two. */
function memberNames(columns: readonly ResultColumn[]): string[] {
  const taken = new Set<string>()
  return columns.map(({ name }) => {
    let unique = name
    for (let count = 2; taken.has(unique); count++) unique = `${name}_${count}`
    taken.add(unique)
    return unique
  })
}

/** The value of a column of JSON. Another program may have written something else. */
function parsedJson(cell: string): JsonValue {
  try {
    return parseJson(cell)
  } catch {
    return cell
  }
}

/** Numbers keep all their digits. What JSON has no number for, such as NaN, is a string. */
function jsonValue(cell: PrintedCell, kind: ResultColumn['kind'] = 'text'): JsonValue {
  if (cell === null || kind === 'text') return cell
  if (kind === 'json') return parsedJson(cell)
  if (kind === 'boolean') return cell === 'true' || (cell === 'false' ? false : cell)
  return VALID_NUMBER.test(cell) ? new JsonNumber(cell) : cell
}

function jsonText({ columns, rows }: QueryResult): string {
  const names = memberNames(columns)
  const objects = rows.map((row) =>
    printJson(
      Object.fromEntries(row.map((cell, at) => [names[at], jsonValue(cell, columns[at]?.kind)])),
    ),
  )
  return objects.length === 0 ? '[]' : `[\n${objects.join(',\n')}\n]`
}

/** RFC 4180, with line feeds. NULL is an empty field, and an empty string is `""`. */
function csvField(cell: PrintedCell): string {
  if (cell === null) return ''
  return cell === '' || /[",\r\n]/.test(cell) ? `"${cell.replaceAll('"', '""')}"` : cell
}

function csvText({ columns, rows }: QueryResult): string {
  const header = columns.map(({ name }) => csvField(name))
  return [header, ...rows.map((row) => row.map(csvField))].map((row) => row.join(',')).join('\n')
}

/** One line, in which line breaks and tabs are readable. */
function oneLine(text: string): string {
  return escapeControls(text.replaceAll('\n', String.raw`\n`).replaceAll('\t', String.raw`\t`))
}

function tableText({ columns, rows }: QueryResult, width: number): PrintedResult {
  const shown = rows.map((row) => row.map((cell) => oneLine(cell ?? 'NULL')))
  const header = columns.map(({ name, kind }) => ({
    name: oneLine(name),
    isNumber: kind === 'number',
  }))
  const { text, isCut } = fitTable(header, shown, width)
  return { text: `${text}\n\n${rows.length} ${rows.length === 1 ? 'row' : 'rows'}`, isCut }
}

/** @param width Columns of the terminal, for text. */
export function printResult(
  result: QueryResult,
  format: QueryFormat,
  width: number,
): PrintedResult {
  if (format === 'text') return tableText(result, width)
  return { text: format === 'json' ? jsonText(result) : csvText(result), isCut: false }
}
