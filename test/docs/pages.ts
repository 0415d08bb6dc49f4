/** The documentation as data: its pages, their code blocks, headings and links. */

import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { ROOT } from '../support/programs.ts'

export interface Block {
  /** First word after the fence: `sh`, `sql`, `json`, `text`. */
  language: string
  /** What follows the language, such as the name of a file. */
  info: string
  text: string
  /** Where the text begins in the page. */
  at: number
}

export interface Page {
  /** Relative to the checkout, with slashes. */
  path: string
  text: string
  blocks: readonly Block[]
}

const FENCE = /^```(\w+)(?: ([^\n]*))?\n(.*?)^```$/gms

function blocksOf(text: string): Block[] {
  return [...text.matchAll(FENCE)].map((match) => {
    const [whole, language = '', info = '', body = ''] = match
    return { language, info, text: body, at: match.index + whole.length - 3 - body.length }
  })
}

export function readPage(path: string): Page {
  const text = readFileSync(join(ROOT, path), 'utf8')
  return { path, text, blocks: blocksOf(text) }
}

function pathsBelow(folder: string): string[] {
  const names = readdirSync(join(ROOT, folder), { recursive: true, encoding: 'utf8' })
  return names
    .filter((name) => name.endsWith('.md'))
    .toSorted()
    .map((name) => `${folder}/${name}`)
}

/** Every Markdown page that users read. */
export function allPages(): Page[] {
  const paths = [
    'README.md',
    'CHANGELOG.md',
    'CONTRIBUTING.md',
    'SECURITY.md',
    ...pathsBelow('docs'),
  ]
  return paths.map(readPage)
}

/** The page without its code blocks. */
export function proseOf({ text }: Page): string {
  return text.replaceAll(FENCE, '')
}

/** The anchors that GitHub gives to the page's headings. */
export function anchorsOf(page: Page): Set<string> {
  const seen = new Map<string, number>()
  const headings = [...proseOf(page).matchAll(/^#{1,6} (.+)$/gm)].map((match) => match[1] ?? '')
  const slugs = headings.map((heading) => {
    const slug = heading
      .toLowerCase()
      .replaceAll(/\[([^\]]*)\]\([^)]*\)/g, '$1')
      .replaceAll(/[^\p{L}\p{N}\p{Pc} -]/gu, '')
      .replaceAll(' ', '-')
    const times = seen.get(slug) ?? 0
    seen.set(slug, times + 1)
    return times === 0 ? slug : `${slug}-${times}`
  })
  return new Set(slugs)
}

/** Targets of the page's links and images, without those that lead to other sites. */
export function localLinks(page: Page): string[] {
  const targets = [...proseOf(page).matchAll(/\]\(([^)\s]+)\)/g)].map((match) => match[1] ?? '')
  return targets.filter((target) => !/^[a-z]+:/.test(target))
}
