/** Results of the checks, for the table in docs/singer-and-meltano.md. */

import { appendFileSync, existsSync, readFileSync } from 'node:fs'
import { versionOf, type VenvName } from './venvs.ts'

export interface Result {
  /** The direction of the records, what ran our programs, or what reads or keeps a lake. */
  kind: 'into' | 'from' | 'under' | 'scheduled' | 'read' | 'stored'
  program: string
  version: string
  outcome: string
}

/** Records the outcome of a check that passed. */
export function noteProgram(result: Result): void {
  appendFileSync(process.env['INTEROP_RESULTS'] ?? '', `${JSON.stringify(result)}\n`)
}

/** Records the outcome of a check that passed, with the version that is installed. */
export async function noteResult(
  venv: VenvName,
  result: Omit<Result, 'version' | 'program'> & { program?: string },
): Promise<void> {
  noteProgram({ program: venv, ...result, version: await versionOf(venv) })
}

export function readResults(path: string): Result[] {
  if (!existsSync(path)) return []
  const lines = readFileSync(path, 'utf8').split('\n').filter(Boolean)
  return lines.map((line) => JSON.parse(line) as Result)
}

const TITLES: Record<Result['kind'], string> = {
  into: 'tap-customerio into',
  from: 'target-warehouse fed by',
  under: 'both, run by',
  scheduled: 'customerio-sync, run by',
  read: 'target-warehouse, read by',
  stored: 'target-warehouse into',
}

/** The table as Markdown, aligned like prettier does. */
export function markdownTable(results: readonly Result[]): string {
  const order: Result['kind'][] = ['under', 'scheduled', 'into', 'from', 'read', 'stored']
  const rows = order.flatMap((kind) =>
    results
      .filter((result) => result.kind === kind)
      .map(({ program, version, outcome }) => [TITLES[kind], program, version, outcome]),
  )
  const cells = [['what', 'program', 'version', 'result'], ...rows]
  const widths = [0, 1, 2, 3].map((column) =>
    Math.max(...cells.map((row) => row[column]?.length ?? 0)),
  )
  const line = (row: readonly string[]) =>
    `| ${row.map((cell, column) => cell.padEnd(widths[column] ?? 0)).join(' | ')} |`
  const rule = `| ${widths.map((width) => '-'.repeat(width)).join(' | ')} |`
  const [head = [], ...body] = cells
  return [line(head), rule, ...body.map(line)].join('\n')
}
