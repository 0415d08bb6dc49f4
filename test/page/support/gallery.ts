/**
 * The pictures of docs/console.md. The file screens.txt next to them holds the text that each of
 * them shows, so that a picture of a screen that has changed is noticed.
 */

import assert from 'node:assert/strict'
import { readdir, readFile, stat, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { Page } from 'playwright-core'
import { withoutChanging } from '../../docs/output.ts'
import { ROOT } from '../../support/programs.ts'

const FOLDER = join(ROOT, 'docs', 'console')
const TEXTS = 'screens.txt'
const MAX_BYTES = 60_000
/** The first one that makes the file small enough is used. */
const QUALITIES = [50, 40, 30]
const UPDATES = process.env['UPDATE_DOCS'] === '1'

/** What only pages show, besides what every output has. */
const CHANGING: readonly [RegExp, string][] = [
  [/\b(?:Mon|Tue|Wed|Thu|Fri|Sat|Sun) (?=TIME|\d)/g, ''],
  [/\b(?:\d\d-\d\d )?\d\d:\d\d(?::\d\d)?\b/g, 'TIME'],
  [/\b\d{13}\b/g, 'MILLISECONDS'],
  [/just now|in a moment|DURATION ago|in DURATION/g, 'NOW'],
]

/** How the names of pictures stand in the page, in its order. */
async function picturesOfDocs(): Promise<string[]> {
  const text = await readFile(join(ROOT, 'docs', 'console.md'), 'utf8')
  return [...text.matchAll(/\]\(console\/(\w+)\.jpg\)/g)].map(([, name = '']) => name)
}

async function readTexts(): Promise<Map<string, string>> {
  const text = await readFile(join(FOLDER, TEXTS), 'utf8')
  const parts = text.split(/^== (\w+)\n/m).slice(1)
  const names = parts.filter((_part, at) => at % 2 === 0)
  return new Map(names.map((name, at) => [name, (parts[2 * at + 1] ?? '').trim()]))
}

async function writeText(name: string, text: string): Promise<void> {
  const texts = (await readTexts()).set(name, text)
  const all = (await picturesOfDocs()).map((one) => `== ${one}\n${texts.get(one) ?? ''}\n`)
  await writeFile(join(FOLDER, TEXTS), all.join('\n'))
}

async function writePicture(page: Page, name: string): Promise<void> {
  for (const quality of QUALITIES) {
    const picture = await page.screenshot({ type: 'jpeg', quality })
    await writeFile(join(FOLDER, `${name}.jpg`), picture)
    if (picture.length <= MAX_BYTES) return
  }
}

/** The footer names a folder that only the test has, and messages disappear after a while. */
const TIDY = `for (const part of document.querySelectorAll('footer, .messages'))
  part.style.display = 'none'`

/** Reads what is on the screen, with the values of the fields. */
const READ = `(omitted) => {
  const marks = [...document.querySelectorAll('input, select')]
    .filter((field) => field.checkVisibility())
    .map((field) => {
      const mark = document.createElement('span')
      const isChoice = field.type === 'radio' || field.type === 'checkbox'
      const value = field.selectedOptions?.[0]?.textContent ?? field.value
      const shown = field.type === 'password' ? '*'.repeat(value === '' ? 0 : 3) : value
      mark.textContent = isChoice ? (field.checked ? '(x) ' : '( ) ') : '[' + shown + '] '
      field.after(mark)
      return mark
    })
  const hidden = [...document.querySelectorAll(['select', ...omitted].join())]
  const before = hidden.map((element) => element.style.display)
  for (const element of hidden) element.style.display = 'none'
  const text = document.body.innerText
  hidden.forEach((element, at) => (element.style.display = before[at]))
  for (const mark of marks) mark.remove()
  return text
}`

export interface ShowOptions {
  /** Parts of the screen that differ from run to run, as selectors. */
  omitted?: readonly string[]
  /** Numbers differ from run to run. */
  isRunning?: boolean
}

function comparable(text: string, isRunning: boolean): string {
  const plain = CHANGING.reduce(
    (rest, [pattern, word]) => rest.replaceAll(pattern, word),
    withoutChanging(text.replaceAll(/\b127\.0\.0\.1:\d+/g, 'HOST')),
  )
  const lines = plain.split('\n').filter((line) => line.trim() !== '')
  return (isRunning ? lines.map((line) => line.replaceAll(/\d[\d,]*/g, 'N')) : lines).join('\n')
}

/**
 * Compares the screen with the text of its picture. With UPDATE_DOCS=1 it writes both.
 *
 * @param name of the picture
 */
export async function show(
  page: Page,
  name: string,
  { omitted = [], isRunning = false }: ShowOptions = {},
): Promise<void> {
  await page.evaluate(TIDY)
  const text = await page.evaluate<string>(`(${READ})(${JSON.stringify(omitted)})`)
  const shown = comparable(text, isRunning)
  if (UPDATES) {
    await writePicture(page, name)
    await writeText(name, shown)
    return
  }
  const message = `docs/console/${name}.jpg shows another screen. Run with UPDATE_DOCS=1.`
  assert.equal(shown, (await readTexts()).get(name), message)
}

/** Fails when the page, its pictures and their texts are not the same set, or one is too large. */
export async function assertGallery(): Promise<void> {
  const names = await picturesOfDocs()
  const files = await readdir(FOLDER)
  assert.deepEqual(files.toSorted(), [...names.map((name) => `${name}.jpg`), TEXTS].toSorted())
  assert.deepEqual([...(await readTexts()).keys()], names)
  for (const name of names) {
    const { size } = await stat(join(FOLDER, `${name}.jpg`))
    assert.ok(size > 2000 && size <= MAX_BYTES, `${name}.jpg has ${size} bytes`)
  }
}
