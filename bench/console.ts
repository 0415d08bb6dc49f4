/** How long a browser waits for the list of connections of a console that has just started. */

import { startBrowser, skip } from '../test/page/support/browser.ts'
import { firstPaint, writeManyRuns, type ManyRuns } from '../test/page/support/first-paint.ts'
import { consoleWorkspace } from '../test/console/support/console-process.ts'
import { median, type Bench, type Figure } from './bench.ts'

const ROUNDS = 5
const CASES: readonly ManyRuns[] = [
  { connections: 50, runs: 200 },
  { connections: 50, runs: 10_000 },
]

type End = () => unknown

/** What is started is ended afterwards, the last one first. */
async function withScope<T>(act: (scope: { after: (end: End) => void }) => Promise<T>): Promise<T> {
  const ends: End[] = []
  try {
    return await act({ after: (end) => ends.unshift(end) })
  } finally {
    for (const end of ends) await end()
  }
}

async function painted(many: ManyRuns): Promise<Figure> {
  const seconds = await withScope(async (scope) => {
    const workspace = await consoleWorkspace(scope)
    await writeManyRuns(workspace, many)
    const browser = await startBrowser(scope)
    const { folder } = workspace
    const { connections } = many
    const found: number[] = []
    for (let round = 0; round < ROUNDS; round++) {
      const { ms } = await firstPaint(scope, { folder, browser, connections })
      found.push(ms / 1000)
    }
    return found
  })
  const what = `${many.connections} connections, ${many.runs.toLocaleString('en')} runs each`
  const spread = `${Math.min(...seconds).toFixed(2)} to ${Math.max(...seconds).toFixed(2)} s`
  const note = `median of ${ROUNDS}, ${spread}; each with a new console and a new browser context`
  return { what, measured: median(seconds), unit: 's', atMost: 1, note }
}

export const CONSOLE: Bench = {
  name: 'console',
  title: 'First paint of the console',
  missing: () => (skip === false ? undefined : `There is ${skip}. Set TEST_CHROMIUM.`),
  run: async () => {
    const figures: Figure[] = []
    for (const many of CASES) figures.push(await painted(many))
    return figures
  },
}
