/**
 * The number of rows that a read found, and a sample of them for the state. A list of the same
 * length may hold other rows, such as with the key of another workspace, which the sample shows. It
 * consists of the rows with the smallest digests, so it is independent of order, and complete for
 * small lists.
 */

import { createHash } from 'node:crypto'

const SAMPLE_ROWS = 64
const BYTES = 5
/** Standard deviations that are subtracted from the share of a sample that is not complete. */
const MARGIN = 3

function parseSample(text: string): number[] {
  const bytes = Buffer.from(text, 'base64url')
  const count = Math.min(SAMPLE_ROWS, Math.floor(bytes.length / BYTES))
  return Array.from({ length: count }, (_, at) => bytes.readUIntBE(at * BYTES, BYTES))
}

function printSample(digests: readonly number[]): string {
  const bytes = Buffer.alloc(digests.length * BYTES)
  for (const [at, digest] of digests.entries()) bytes.writeUIntBE(digest, at * BYTES, BYTES)
  return bytes.toString('base64url')
}

function smallest(digests: Iterable<number>): number[] {
  return [...new Set(digests)].toSorted((a, b) => a - b).slice(0, SAMPLE_ROWS)
}

/** The sample of the rows of both. */
export function mergedSamples(a: string | undefined, b: string): string {
  return a === undefined ? b : printSample(smallest([...parseSample(a), ...parseSample(b)]))
}

export class RowCount {
  /** Rows that were added. */
  rows = 0
  readonly #sampled: number
  readonly #missing: Set<number>
  #digests: number[] = []

  /** @param earlier the sample of the last complete read */
  constructor(earlier: string | undefined) {
    const digests = parseSample(earlier ?? '')
    this.#sampled = digests.length
    this.#missing = new Set(digests)
  }

  /** Adds a row. Call once for each row. */
  add(key: string): void {
    this.rows++
    const digest = createHash('sha1').update(key).digest().readUIntBE(0, BYTES)
    this.#missing.delete(digest)
    const greatest = this.#digests.at(-1)
    if (this.#digests.length === SAMPLE_ROWS && greatest !== undefined && digest >= greatest) return
    this.#digests = smallest([...this.#digests, digest])
  }

  get sample(): string {
    return printSample(this.#digests)
  }

  /**
   * Percentage of the earlier rows that are certainly lost: the greater of the decrease of the
   * count and the share of the sample that is missing, less a margin for chance if the sample is
   * not complete.
   */
  lostPercent(earlierRows: number): number {
    const decrease = earlierRows - this.rows
    const byCount = earlierRows === 0 ? 0 : (decrease * 100) / earlierRows
    if (this.#sampled === 0) return Math.max(0, byCount)
    const bySample = (this.#missing.size * 100) / this.#sampled
    const isWhole = this.#sampled < SAMPLE_ROWS
    const deviation = Math.sqrt((bySample * (100 - bySample)) / this.#sampled)
    return Math.max(0, byCount, bySample - (isWhole ? 0 : MARGIN * deviation))
  }
}
