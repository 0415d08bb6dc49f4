/** Writes a list stream, and reads it again if rows may have been hidden. */

import type { JsonObject } from '../../singer/json.ts'
import type { Fingerprint } from '../../singer/state.ts'
import { RecentKeys, rowKey } from '../api/known-keys.ts'
import type { ListDefinition } from '../../streams/definition.ts'
import type { SyncContext } from '../context.ts'
import type { StreamPlan } from '../plan.ts'
import { keyTextOf, StreamOutput } from '../record/stream-output.ts'
import { WrittenRows } from '../record/written-rows.ts'
import { beginRead } from './begin-read.ts'
import { unfiltered, type Bounds } from './bounds.ts'
import { FingerprintHash } from './fingerprint.ts'
import { listPages } from './list-pages.ts'
import { RowCount } from './row-count.ts'
import type { BegunRead, StreamRead } from './stream-read.ts'

/** False for a list that the run has read once and writes whole: reading it again gains nothing. */
function canGainRows({ method }: StreamPlan, { isShared }: ListDefinition): boolean {
  return method === 'INCREMENTAL' || !isShared
}

/** True if rows were deleted or changed between two reads and may have hidden another row. */
function mayHideRows(last: Fingerprint, lastDigestNow: string, now?: Fingerprint): boolean {
  const areBothOnePage = last.isOnePage === true && now?.isOnePage === true
  return lastDigestNow !== last.digest && !areBothOnePage
}

/**
 * Writes the rows within bounds. If rows were deleted since the last sync, others may have moved
 * between two pages during the read, so all pages are read again, in the same table version. The
 * second read writes what the first one did not.
 */
export async function writeList(
  context: SyncContext,
  plan: StreamPlan,
  definition: ListDefinition,
): Promise<StreamRead> {
  const last = canGainRows(plan, definition) ? plan.bookmark.fingerprint : undefined
  const lastHash = last && new FingerprintHash(last.createdBeforeMs, definition)
  const written = last && new WrittenRows()
  const read = await writePages(context, plan, { definition, lastHash, written })
  if (!last || !lastHash || !mayHideRows(last, lastHash.digest, read.fingerprint)) return read
  context.logger.info(
    'list_read_again',
    'Rows were deleted or changed since the last sync, which may hide others, so all were read again.',
    { stream: definition.id },
  )
  const { greatestMs, records } = read.output
  const bounds = unfiltered(read.bounds)
  return writePages(context, read.plan, {
    definition,
    written,
    bounds: { ...bounds, records, ...(greatestMs !== undefined && { greatestMs }) },
  })
}

async function pagesToRead(
  context: SyncContext,
  definition: ListDefinition,
): Promise<AsyncIterable<JsonObject[]> | JsonObject[][]> {
  if (definition.isShared) return [await context.sharedList(definition)]
  return listPages(context.client, definition)
}

interface PagesOptions {
  definition: ListDefinition
  /** Gets the rows that the last sync has seen. */
  lastHash?: FingerprintHash | undefined
  /** Of a second read. @default those of the plan */
  bounds?: Bounds
  /** Rows that the run has written. @default it writes each row that it reads */
  written: WrittenRows | undefined
}

type BegunList = BegunRead & { output: StreamOutput; hash: FingerprintHash }

/** Called with the first page, because the server's clock sets the bounds. */
async function beginList(
  context: SyncContext,
  given: StreamPlan,
  { bounds: knownBounds, written }: Pick<PagesOptions, 'bounds' | 'written'>,
): Promise<BegunList> {
  const { plan, bounds } = knownBounds
    ? { plan: given, bounds: knownBounds }
    : await beginRead(context, given)
  const output = new StreamOutput(plan, context.writer, { ...bounds, ...(written && { written }) })
  const hash = new FingerprintHash(bounds.startedAtMs, plan.definition)
  return { plan, bounds, output, hash }
}

/**
 * A list of one page cannot hide a row. This does not hold if other fields than the id can change
 * without a newer `updated`, or for an empty list, which may be an error of the API.
 */
function fingerprintOf(
  { plan, bounds, hash }: BegunList,
  pages: number,
  rows: number,
): Fingerprint {
  const isOnePage = pages === 1 && plan.definition.fingerprintFields.length === 1 && rows > 0
  return {
    createdBeforeMs: bounds.startedAtMs,
    digest: hash.digest,
    ...(isOnePage && { isOnePage }),
  }
}

/** One read of the whole list. */
async function writePages(
  context: SyncContext,
  plan: StreamPlan,
  given: PagesOptions,
): Promise<StreamRead> {
  const keys = new RecentKeys()
  const rows = new RowCount(plan.bookmark.rowSample)
  let begun: BegunList | undefined
  let pages = 0
  for await (const page of await pagesToRead(context, given.definition)) {
    context.signal.throwIfAborted()
    begun ??= await beginList(context, plan, given)
    for (const raw of page) {
      // A row that is repeated long after is counted twice. Both digests are then wrong, and the
      // next sync reads all pages again.
      if (!keys.add(rowKey(raw))) continue
      rows.add(keyTextOf(raw, given.definition))
      given.lastHash?.add(raw)
      begun.hash.add(raw)
    }
    await begun.output.writePage(page.map((raw) => context.stamped(given.definition, raw)))
    await context.writer.flush()
    pages++
  }
  if (!begun) throw new Error(`the list of ${plan.definition.id} ended before its first page`)
  const { bounds, output } = begun
  const fingerprint = fingerprintOf(begun, pages, rows.rows)
  return { plan: begun.plan, bounds, output, rows, fingerprint }
}
