import assert from 'node:assert/strict'
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { dirname, join, normalize } from 'node:path'
import { test } from 'node:test'
import { ERROR_CODES } from '../../src/errors.ts'
import { ROOT } from '../support/programs.ts'
import { allPages, anchorsOf, localLinks, proseOf, readPage, type Page } from './pages.ts'

/** Why a link leads nowhere; undefined for a sound one. */
function brokenLink(page: Page, target: string): string | undefined {
  const [path = '', anchor] = target.split('#')
  const file = path === '' ? page.path : normalize(join(dirname(page.path), path))
  if (!existsSync(join(ROOT, file))) return `${page.path}: ${target} has no file`
  if (anchor === undefined) return undefined
  return anchorsOf(readPage(file)).has(anchor)
    ? undefined
    : `${page.path}: ${target} has no heading`
}

test('every relative link and anchor of the docs leads somewhere', () => {
  const broken = allPages().flatMap((page) =>
    localLinks(page).flatMap((target) => brokenLink(page, target) ?? []),
  )
  assert.deepEqual(broken, [])
})

test('the README links to every page of the docs', () => {
  const linked = new Set(localLinks(readPage('README.md')))
  const pages = allPages().filter(({ path }) => path.startsWith('docs/'))
  assert.deepEqual(
    pages.map(({ path }) => path).filter((path) => !linked.has(path)),
    [],
  )
})

/** Files and folders that the page names in code, without placeholders such as NAME. */
function namedPaths(page: Page): string[] {
  const codes = [...proseOf(page).matchAll(/`([\w./-]+)`/g)].map((match) => match[1] ?? '')
  return codes.filter((code) => /^[a-z-]+\/[\w./-]+$|\.ts$/.test(code) && !code.includes('NAME'))
}

test('the files that the pages for contributors name exist', () => {
  const pages = ['CONTRIBUTING.md', 'docs/architecture.md', 'docs/testing.md'].map(readPage)
  const folders = ['', 'src']
  const missing = pages.flatMap((page) =>
    namedPaths(page).filter((path) => !folders.some((one) => existsSync(join(ROOT, one, path)))),
  )
  assert.deepEqual(missing, [])
})

test('the README has at most 200 lines and the changelog at most 60', () => {
  const [readme = 0, changelog = 0] = ['README.md', 'CHANGELOG.md'].map(
    (path) => readPage(path).text.split('\n').length - 1,
  )
  assert.ok(readme <= 200, `README.md has ${readme} lines`)
  assert.ok(changelog <= 60, `CHANGELOG.md has ${changelog} lines`)
})

test('troubleshooting lists every error code with its exit status', () => {
  const wanted = Object.entries(ERROR_CODES).map(([code, { exit }]) => `${code} ${exit}`)
  const { text } = readPage('docs/troubleshooting.md')
  const rows = [...text.matchAll(/^\| `([A-Z_]+)` +\| (\d) /gm)].map(
    (match) => `${match[1]} ${match[2]}`,
  )
  assert.deepEqual(rows.toSorted(), wanted.toSorted())
})

test('the page about tests lists every campaign', () => {
  const folder = join(ROOT, 'test', 'campaign')
  const sources = readdirSync(folder).map((name) => readFileSync(join(folder, name), 'utf8'))
  const names = sources.flatMap((text) =>
    [...text.matchAll(/^ {2}name: '([\w-]+)',$/gm)].map((match) => match[1]),
  )
  const { text } = readPage('docs/testing.md')
  const section = text.split('## Long campaigns')[1]?.split('\n## ')[0] ?? ''
  const listed = [...section.matchAll(/^\| `([\w-]+)`/gm)].map((match) => match[1])
  assert.deepEqual(new Set(listed), new Set(names))
})
