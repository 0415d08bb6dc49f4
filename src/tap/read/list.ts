/** The streams newsletters and campaigns: a list from its first page to its last, and once more where rows vanished. */

import { printJson } from '../../singer/json.ts'
import { Fingerprint } from './fingerprint.ts'
import { RecentKeys, rowKey } from '../api/known-keys.ts'
import { pagesOf } from '../api/pages.ts'
import type { StreamPlan } from '../plan.ts'
import { beginRead, unfiltered, type Bounds, type StreamRead } from './stream-read.ts'
import { RowCount } from './row-count.ts'
import type { SyncContext } from '../context.ts'
import { StreamOutput } from '../record/stream-output.ts'

/**
 * Writes the rows that pass. Where rows vanished since the last sync, which may have moved others from one page to another while they were
 * read, all pages are read once more, in the same table version.
 */
export async function writeList(run: SyncContext, plan: StreamPlan): Promise<StreamRead> {
  const { seen } = plan.bookmark
  // Of campaigns a run has one list; with all of its rows written there is nothing to write again.
  const canGain = plan.method === 'INCREMENTAL' || plan.definition.id !== 'campaigns'
  const earlier =
    seen && canGain ? new Fingerprint(seen.beforeMs, plan.definition.remembered) : undefined
  const read = await writePages(run, plan, { earlier })
  const couldHide = seen?.isOnePage !== true || read.seen?.isOnePage !== true
  if (!seen || !earlier || earlier.text === seen.digest || !couldHide) return read
  run.logger.info(
    'list_read_again',
    'Rows vanished or changed unmarked since the last sync, which may hide others: all were read again.',
    { stream: plan.definition.id },
  )
  const { greatestMs, records } = read.output
  const bounds = unfiltered(read.bounds)
  return writePages(run, plan, {
    bounds: { ...bounds, records, ...(greatestMs !== undefined && { greatestMs }) },
  })
}

/** One read of the list to its end. */
async function writePages(
  run: SyncContext,
  plan: StreamPlan,
  given: { earlier?: Fingerprint | undefined; bounds?: Bounds },
): Promise<StreamRead> {
  const { path, dataKey, query, id, remembered } = plan.definition
  const pages =
    id === 'campaigns' ? [await run.campaigns()] : pagesOf(run.client, { path, dataKey, query })
  const keys = new RecentKeys()
  const rows = new RowCount(plan.bookmark.rowSample)
  let started: (Pick<StreamRead, 'bounds' | 'output'> & { fingerprint: Fingerprint }) | undefined
  let count = 0
  for await (const page of pages) {
    run.signal.throwIfAborted()
    if (!started) {
      const bounds = given.bounds ?? (await beginRead(run, plan))
      const output = new StreamOutput(plan, run.writer, bounds)
      started = { bounds, output, fingerprint: new Fingerprint(bounds.startedAtMs, remembered) }
    }
    for (const raw of page) {
      // A row that comes again long after is not known any more. It falsifies both digests, and the next sync reads all pages again.
      if (!keys.add(rowKey(raw))) continue
      rows.add(printJson(raw['id'] ?? null))
      given.earlier?.add(raw)
      started.fingerprint.add(raw)
    }
    await started.output.writePage(page)
    await run.writer.flush()
    count++
  }
  if (!started) throw new Error(`the list of ${id} ended before its first page`)
  const { output, bounds, fingerprint } = started
  // A list of one page cannot hide a row. But fields of a row may change unmarked, and an empty list may be an error of the API.
  const isOnePage = count === 1 && remembered.length === 1 && rows.rows > 0
  const seen = {
    beforeMs: bounds.startedAtMs,
    digest: fingerprint.text,
    ...(isOnePage && { isOnePage }),
  }
  return { output, bounds, rows, seen }
}
