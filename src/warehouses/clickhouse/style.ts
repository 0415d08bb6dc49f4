/** How ClickHouse writes names and strings: a backslash begins an escape in both. */

import { render, type Sql, type SqlStyle } from '../sql.ts'

function escaped(text: string): string {
  return text.replaceAll('\\', '\\\\').replaceAll('\0', '\\0')
}

const CLICKHOUSE_STYLE: SqlStyle = {
  name: (name) => `"${escaped(name).replaceAll('"', '\\"')}"`,
  text: (text) => `'${escaped(text).replaceAll("'", "\\'")}'`,
  parameter: () => {
    throw new Error('ClickHouse needs the type of a parameter: write a literal')
  },
}

/** The text of a statement. Values are literals. */
export function textOf(statement: Sql): string {
  return render(statement, CLICKHOUSE_STYLE).text
}
