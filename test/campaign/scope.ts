/** The scope of a test, for work outside of tests. */

import type { Scope } from '../support/programs.ts'

/** Releases resources in reverse order after the work, even if it fails. */
export async function withScope<T>(work: (scope: Scope) => Promise<T>): Promise<T> {
  const releases: (() => unknown)[] = []
  const scope = { after: (release: () => unknown) => releases.push(release) } as unknown as Scope
  try {
    return await work(scope)
  } finally {
    for (const release of releases.toReversed()) await release()
  }
}
