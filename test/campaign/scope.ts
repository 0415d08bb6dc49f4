/** What a test would release at its end, for work that is no test. */

import type { Scope } from '../support/programs.ts'

/** Releases in reverse order when the work is done, also when it failed. */
export async function withScope<T>(work: (scope: Scope) => Promise<T>): Promise<T> {
  const releases: (() => unknown)[] = []
  const scope = { after: (release: () => unknown) => releases.push(release) } as unknown as Scope
  try {
    return await work(scope)
  } finally {
    for (const release of releases.toReversed()) await release()
  }
}
