/**
 * `npm run check:pack`: the tarball holds what the package needs and what its README links to, and
 * nothing that only the checkout needs.
 */

import { spawnSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { join, normalize } from 'node:path'
import { ROOT } from '../support/programs.ts'

interface Packed {
  size: number
  files: { path: string }[]
}

const MAX_BYTES = 1_000_000
const NEEDED = [
  'bin/tap-customerio.js',
  'bin/target-warehouse.js',
  'bin/customerio-sync.js',
  'dist/src/cli/customerio-sync.js',
  'dist/schemas/config/connection.json',
  'dist/page/index.html',
  'catalog.sample.json',
  'LICENSE',
]
const UNWANTED =
  /\.map$|\.test\.|^(dist\/(test|bench|src\/page)|test|bench|src)\/|^schemas\/generate|^\./

function pack(): Packed {
  const { stdout, stderr, status } = spawnSync(
    'npm',
    ['pack', '--dry-run', '--json', '--ignore-scripts'],
    { cwd: ROOT, encoding: 'utf8' },
  )
  if (status !== 0) throw new Error(`npm pack failed: ${stderr}`)
  const [packed] = JSON.parse(stdout) as Packed[]
  if (!packed) throw new Error('npm pack named no package')
  return packed
}

/** Pictures of the docs are in the repository only, where `test/docs/links.test.ts` finds them. */
const PICTURE = /^docs\/console\/\w+\.jpg$/

/** Files and folders in the repository that a page of the package links to. */
function linksOf(page: string): string[] {
  const text = readFileSync(join(ROOT, page), 'utf8')
  return [...text.matchAll(/\]\(([^)#\s]+)(?:#[^)]*)?\)/g)]
    .map(([, link = '']) => link)
    .filter((link) => !/^[a-z]+:/.test(link))
    .map((link) => normalize(join(page, '..', link)).replace(/\/$/, ''))
    .filter((path) => !PICTURE.test(path))
}

const { size, files } = pack()
const paths = files.map(({ path }) => path)
const holds = (path: string) => paths.some((one) => one === path || one.startsWith(`${path}/`))
const links = paths
  .filter((path) => path.endsWith('.md'))
  .flatMap((page) =>
    linksOf(page)
      .filter((link) => !holds(link))
      .map((link) => `${page} links to ${link}, which is not in the package`),
  )
const problems = [
  ...NEEDED.filter((path) => !holds(path)).map((path) => `${path} is missing`),
  ...paths.filter((path) => UNWANTED.test(path)).map((path) => `${path} is not needed`),
  ...links,
  ...(size > MAX_BYTES ? [`the package has ${size} bytes, at most ${MAX_BYTES}`] : []),
]
for (const problem of problems) console.error(problem)
console.log(`${paths.length} files, ${Math.round(size / 1000)} kB`)
if (problems.length > 0) process.exitCode = 1
