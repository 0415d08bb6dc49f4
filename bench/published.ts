/** The file with the figures that the docs show. `npm run generate` puts them into the pages. */

import { readFile, writeFile } from 'node:fs/promises'
import type { Figure } from './bench.ts'

const FILE = new URL('../../bench/figures.json', import.meta.url)

/** What was measured, and where and when. */
export interface PublishedGroup {
  title: string
  /** `2026-11-24`. */
  date: string
  machine: string
  /** Load averages of the last minute, at the start and at the end. */
  load: { start: number; end: number }
  figures: Figure[]
}

/** Replaces the group of this title. The others stay. */
export async function publish(name: string, group: PublishedGroup): Promise<void> {
  const groups = JSON.parse(await readFile(FILE, 'utf8')) as Record<string, PublishedGroup[]>
  const others = (groups[name] ?? []).filter(({ title }) => title !== group.title)
  const text = JSON.stringify({ ...groups, [name]: [...others, group] }, null, 2)
  await writeFile(FILE, `${text}\n`)
}
