/** Work that a test lets end. */

export interface Held {
  /** Resolves when the test releases it. */
  promise: Promise<void>
  release: () => void
}

function nothing(): void {}

export function held(): Held {
  let release: () => void = nothing
  const promise = new Promise<void>((resolve) => (release = resolve))
  return { promise, release }
}
