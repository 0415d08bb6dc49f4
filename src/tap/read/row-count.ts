/**
 * How many rows a read has met, and a sample of them for the state. A list that is as long as before may still hold other rows, as with
 * the key of another workspace: the sample shows it. It holds the rows whose digests are the smallest, so it is the same whatever the
 * order, and small lists are in it whole.
 */

import { createHash } from 'node:crypto'

const SAMPLE_ROWS = 64
const BYTES = 5
/** Standard deviations by which a share must be off before a sample of a greater list counts. */
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
  /** How many rows were added. */
  rows = 0
  readonly #sampled: number
  readonly #missing: Set<number>
  #digests: number[] = []

  /** @param earlier the sample of the rows that there were */
  constructor(earlier: string | undefined) {
    const digests = parseSample(earlier ?? '')
    this.#sampled = digests.length
    this.#missing = new Set(digests)
  }

  /** Takes a row into account; to be called once for each. */
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
   * Percentage of the earlier rows that are gone for sure: at least by how much the count fell, and, where a sample says more, what the
   * sample says; of one that does not hold all rows, less a margin for chance.
   */
  lostPercent(earlierRows: number): number {
    const fallen = earlierRows - this.rows
    const byCount = earlierRows === 0 ? 0 : (fallen * 100) / earlierRows
    if (this.#sampled === 0) return Math.max(0, byCount)
    const bySample = (this.#missing.size * 100) / this.#sampled
    const isWhole = this.#sampled < SAMPLE_ROWS
    const deviation = Math.sqrt((bySample * (100 - bySample)) / this.#sampled)
    return Math.max(0, byCount, bySample - (isWhole ? 0 : MARGIN * deviation))
  }
}
