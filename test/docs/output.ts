/** The output that a page shows after a command, compared without what changes from run to run. */

import { readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { ROOT } from '../support/programs.ts'
import type { Block, Page } from './pages.ts'

/** What differs between two runs, and what stands for it. Widths of columns follow the values, so spaces count as one. */
const CHANGING: readonly [RegExp, string][] = [
  [/\d{4}-\d\d-\d\d[T ]\d\d:\d\d(?::\d\d(?:\.\d+)?)?Z?/g, 'TIME'],
  [/[\da-f]{8}(?:-[\da-f]{4}){3}-[\da-f]{12}/g, 'ID'],
  [/\d+(?:\.\d+)? (?:ms|s|min|h)\b(?: \d+ s\b)?/g, 'DURATION'],
  [/\b\d+\.\d+\b/g, 'SECONDS'],
  [/(?<=seconds["=:]+ ?)\d+(?:\.\d+)?/g, 'SECONDS'],
  [/[▁▂▃▄▅▆▇█]+/g, 'BAR'],
  [/-{2,}/g, '--'],
  [/[ \t]+/g, ' '],
  [/ $/gm, ''],
]

function withoutChanging(text: string): string {
  return CHANGING.reduce((rest, [pattern, word]) => rest.replaceAll(pattern, word), text).trim()
}

export function isSameOutput(shown: string, output: string): boolean {
  return withoutChanging(shown) === withoutChanging(output)
}

/** The `text` block that follows the command with nothing between but blank lines. */
export function outputBlock(page: Page, command: Block): Block | undefined {
  const next = page.blocks.find(({ at }) => at > command.at)
  if (next?.language !== 'text') return undefined
  const between = page.text.slice(command.at + command.text.length, next.at)
  return /^```\s*```text\n$/.test(between) ? next : undefined
}

export async function replaceOutput(path: string, shown: Block, output: string): Promise<void> {
  const file = join(ROOT, path)
  const text = await readFile(file, 'utf8')
  const lines = output.split('\n').map((line) => line.trimEnd())
  const written = `${lines.join('\n').trim()}\n`
  await writeFile(file, text.slice(0, shown.at) + written + text.slice(shown.at + shown.text.length))
}
