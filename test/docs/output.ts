/** The output that a page shows after a command, compared without what changes from run to run. */

import assert from 'node:assert/strict'
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { ROOT } from '../support/programs.ts'
import { readPage, type Block, type Page } from './pages.ts'

/**
 * What differs between two runs, and what stands for it. Widths of columns follow the values, so
 * spaces count as one.
 */
const CHANGING: readonly [RegExp, string][] = [
  [/\d{4}-\d\d-\d\d[T ]\d\d:\d\d(?::\d\d(?:\.\d+)?)?Z?/g, 'TIME'],
  [/[\da-f]{8}(?:-[\da-f]{4}){3}-[\da-f]{12}/g, 'ID'],
  [/\b[\da-f]{8}\b/g, 'ID'],
  [/\d+(?:\.\d+)? (?:ms|s|min|h)\b(?: \d+ s\b)?/g, 'DURATION'],
  [/\b\d+\.\d+\b/g, 'SECONDS'],
  [/(?<=seconds["=:]+ ?)\d+(?:\.\d+)?/g, 'SECONDS'],
  [/(?<=^seconds .*max )\d+$/gm, 'SECONDS'],
  [/[▁▂▃▄▅▆▇█]+/g, 'BAR'],
  [/at most [\d.]+$/gm, 'at most N'],
  [/-{2,}/g, '--'],
  [/[ \t]+/g, ' '],
  [/ $/gm, ''],
]

/** The text with one word for everything that differs between two runs. */
export function withoutChanging(text: string): string {
  return CHANGING.reduce((rest, [pattern, word]) => rest.replaceAll(pattern, word), text).trim()
}

export function isSameOutput(shown: string, output: string): boolean {
  return withoutChanging(shown) === withoutChanging(output)
}

/** Where the test ran, which no page shows. */
interface Places {
  /** Address of the sandbox, which `--api-url` or a file named. */
  url: string
  folder: string
}

/** The output as a user sees it, whose region, not an address, names the API. */
export function asUsersSee(output: string, { url, folder }: Places): string {
  return output
    .replaceAll(`The key works (${url}).`, 'The key works (region us).')
    .replaceAll('The key works.', 'The key works in region us.')
    .replaceAll(url, 'https://api.customer.io/v1')
    .replaceAll(folder, '/home/you/customerio')
}

/** The `text` block that follows the command with nothing between but blank lines. */
export function outputBlock({ blocks, text }: Page, index: number): Block | undefined {
  const command = blocks[index]
  const next = blocks[index + 1]
  if (!command || next?.language !== 'text') return undefined
  const between = text.slice(command.at + command.text.length, next.at)
  return /^```\s*```text\n$/.test(between) ? next : undefined
}

/**
 * Compares the output of a test with the block of a page that has this `info`, or writes it there
 * with UPDATE_DOCS=1.
 */
export async function checkTranscript(path: string, info: string, output: string): Promise<void> {
  const page = readPage(path)
  const shown = page.blocks.find((block) => block.language === 'text' && block.info === info)
  assert.ok(shown, `${path} has no block of ${info}`)
  if (isSameOutput(shown.text, output)) return
  if (process.env['UPDATE_DOCS'] === '1') await replaceOutput(page, shown, output)
  else assert.equal(output, shown.text, `${path} shows other output. Run with UPDATE_DOCS=1.`)
}

export async function replaceOutput(page: Page, shown: Block, output: string): Promise<void> {
  const lines = output.split('\n').map((line) => line.trimEnd())
  const written = `${lines.join('\n').trim()}\n`
  const { path, text } = page
  const rest = text.slice(shown.at + shown.text.length)
  await writeFile(join(ROOT, path), text.slice(0, shown.at) + written + rest)
}
