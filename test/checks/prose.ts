/**
 * `npm run prose`: fails when a file that people read holds a word that CONTRIBUTING.md refuses, or
 * a comment wider than 100 columns. The list of words is the table in CONTRIBUTING.md, and nowhere
 * else.
 */

import { spawnSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { ROOT } from '../support/programs.ts'
import { longComments, refusedWords, wordTable } from './prose-rules.ts'

/** The list itself, data that tests feed to the programs, and what a package manager writes. */
const EXEMPT = /^(CONTRIBUTING\.md|package-lock\.json|LICENSE|src\/.*\.generated\.ts)$/
const READ_BY_PEOPLE =
  /\.(tsx?|js|css|html|py|md|json|yml|yaml|toml|service|timer|txt|sh)$|^\.ci\/run$/

function trackedFiles(): string[] {
  const { stdout, status } = spawnSync('git', ['ls-files'], { cwd: ROOT, encoding: 'utf8' })
  if (status !== 0) throw new Error('git ls-files failed')
  return stdout.split('\n').filter((name) => READ_BY_PEOPLE.test(name) && !EXEMPT.test(name))
}

const words = wordTable(readFileSync(join(ROOT, 'CONTRIBUTING.md'), 'utf8'))
const problems = trackedFiles().flatMap((name) => {
  const text = readFileSync(join(ROOT, name), 'utf8')
  const comments = /\.(tsx?|js|css)$/.test(name) ? longComments(text) : []
  return [...refusedWords(text, words), ...comments].map(
    ({ line, problem }) => `${name}:${line}: ${problem}`,
  )
})
for (const problem of problems) console.error(problem)
if (problems.length > 0) {
  console.error(`${problems.length} problems. CONTRIBUTING.md says what to write instead.`)
  process.exitCode = 1
}
