/** Writes a child stream in ascending parent id, and a STATE after each parent. */

import { AppError } from '../../errors.ts'
import { printJson, type JsonObject } from '../../singer/json.ts'
import type { Fingerprint, ParentId, Progress } from '../../singer/state.ts'
import type { ChildrenDefinition } from '../../streams/definition.ts'
import { parentOf } from '../../streams/index.ts'
import type { SyncContext } from '../context.ts'
import type { StreamPlan } from '../plan.ts'
import { createdMsOf } from '../record/incremental.ts'
import { StreamOutput } from '../record/stream-output.ts'
import { beginRead } from './begin-read.ts'
import { saveProgress } from './bookmark.ts'
import { boundsOfRereading, unfiltered, type Bounds } from './bounds.ts'
import { sortParents } from './parent-order.ts'
import { idText, type ChildPages, type ChildPass } from './child-pages.ts'
import { FingerprintHash } from './fingerprint.ts'
import {
  allMissingError,
  isDue,
  startPassState,
  unreadAfter,
  unreadAtEnd,
  withFound,
  withMissing,
} from './pass-state.ts'
import { RowCount } from './row-count.ts'
import type { BegunRead, StreamRead } from './stream-read.ts'

interface ListFingerprints {
  /** Of the parents of this run. */
  fingerprint: Fingerprint
  /**
   * Of the parents with which the read began, in this run or in the one that was interrupted.
   */
  startFingerprint: Fingerprint
}

type BegunPass = BegunRead & ListFingerprints

/** A pass that is complete. */
export type ChildrenRead = StreamRead &
  ListFingerprints & {
    /** The run found a parent. */
    hasFound: boolean
    /** The rest of an interrupted read consists of missing parents, so it proves nothing. */
    isInconclusive: boolean
  }

/** A pass, and what the run has read of the other parents, if parents are read again. */
type PassToWrite = ChildPass & { earlier?: ChildrenRead }

/** Detects parents that were created, deleted or got other children without a newer `updated`. */
function digestOf(
  parents: readonly JsonObject[],
  definition: ChildrenDefinition,
  createdBeforeMs: number,
): string {
  const { fingerprintFields } = definition
  const { createdField, id } = parentOf(definition)
  const fields = { fingerprintFields, ...(createdField !== undefined && { createdField }) }
  const hash = new FingerprintHash(createdBeforeMs, fields)
  for (const { raw } of sortParents(parents, id)) hash.add(raw)
  return hash.digest
}

function rereadBounds(context: SyncContext, plan: StreamPlan, earlier: ChildrenRead): Bounds {
  const { config, client } = context
  const { greatestMs, records } = earlier.output
  const { version } = earlier.bounds
  const options = { config, startedAtMs: client.startedAtMs }
  return boundsOfRereading(plan, options, { version, greatestMs, records })
}

/**
 * Without the filter on the replication key if the parents changed since the last or interrupted
 * read.
 */
async function beginPass(
  context: SyncContext,
  plan: StreamPlan,
  { definition, earlier }: PassToWrite,
): Promise<BegunPass> {
  const list = await context.parentsOf(definition)
  const { progress, fingerprint: lastFingerprint } = plan.bookmark
  const stream = plan.definition.id
  const begun = earlier
    ? { plan, bounds: rereadBounds(context, plan, earlier) }
    : await beginRead(context, plan)
  const createdBeforeMs = context.client.startedAtMs
  const fingerprint = { createdBeforeMs, digest: digestOf(list, definition, createdBeforeMs) }
  const unknown = { createdBeforeMs, digest: 'none' }
  const startFingerprint = progress ? (progress.fingerprint ?? unknown) : fingerprint
  if (progress) {
    context.logger.info(
      'sync_resumed',
      `Resumed an interrupted sync after the last finished row of ${definition.parent.stream}.`,
      { stream, last_parent_id: printJson(progress.lastParentId) },
    )
  }
  const compared = progress ? startFingerprint : lastFingerprint
  if (!compared || digestOf(list, definition, compared.createdBeforeMs) === compared.digest)
    return { ...begun, fingerprint, startFingerprint }
  if (!earlier) {
    context.logger.info(
      'parents_changed',
      `Older rows of ${definition.parent.stream} were created, deleted or changed, so all rows are written.`,
      { stream },
    )
  }
  return { ...begun, bounds: unfiltered(begun.bounds), fingerprint, startFingerprint }
}

function progressOf(
  { bounds, startFingerprint }: BegunPass,
  lastParentId: ParentId,
  greatestMs: number | undefined,
): Progress {
  const { startedAtMs, sinceMs, version } = bounds
  return {
    startedAtMs,
    lastParentId,
    fingerprint: startFingerprint,
    ...(sinceMs !== undefined && { sinceMs }),
    ...(version !== undefined && { version }),
    ...(greatestMs !== undefined && { greatestMs }),
  }
}

/**
 * Writes the children of one pass. A STATE follows each parent, except when parents are read again.
 * Throws NOT_FOUND if every parent is missing; when an interrupted read is resumed, the result is
 * inconclusive instead.
 */
export async function writeChildren(
  context: SyncContext,
  given: StreamPlan,
  pass: PassToWrite,
): Promise<ChildrenRead> {
  const { range, parents, earlier } = pass
  const begun = await beginPass(context, given, pass)
  const { plan, bounds } = begun
  const { unreadParents = [], rowSample, progress } = plan.bookmark
  const output = new StreamOutput(plan, context.writer, bounds)
  const rows = earlier?.rows ?? new RowCount(rowSample)
  let state = startPassState(unreadParents, range, earlier?.hasFound ?? false)
  for await (const parent of parents) {
    const { id } = parent.item
    const isWhole = isDue(state, id)
    const notFound = await writeParent(context, output, { ...parent, pass, isWhole, rows })
    state = notFound ? withMissing(state, id, notFound) : withFound(state)
    if (notFound || earlier) continue
    await saveProgress(context, plan, {
      progress: progressOf(begun, id, output.greatestMs),
      unreadParents: unreadAfter(state, id),
    })
  }
  const error = allMissingError(state)
  if (error && !progress) throw error
  const isInconclusive = error !== undefined
  const { hasFound } = state
  return { ...begun, output, rows, unreadParents: unreadAtEnd(state), hasFound, isInconclusive }
}

/** Returns the NOT_FOUND of a parent that was deleted after the list was read, else undefined. */
async function writeParent(
  context: SyncContext,
  output: StreamOutput,
  parent: ChildPages & { pass: PassToWrite; isWhole: boolean; rows: RowCount },
): Promise<AppError | undefined> {
  const { item, pages, isWhole, rows } = parent
  const { definition } = parent.pass
  const parentCreatedMs = createdMsOf(item.raw, parentOf(definition).createdField)
  const ids = new Set<string>()
  try {
    for await (const page of pages) {
      context.signal.throwIfAborted()
      for (const { id } of page) ids.add(idText(id) ?? printJson(id ?? null))
      await output.writePage(
        page.map((raw) => context.stamped(definition, raw)),
        {
          isWhole,
          ...(parentCreatedMs !== undefined && { parentCreatedMs }),
        },
      )
    }
    for (const id of ids) rows.add(`${printJson(item.id)}/${id}`)
    return undefined
  } catch (error) {
    if (!(error instanceof AppError) || error.code !== 'NOT_FOUND') throw error
    context.logger.warn(
      'parent_deleted',
      `Skipped a row of ${definition.parent.stream} that was deleted after the list was read.`,
      { stream: definition.id, parent_id: printJson(item.id) },
    )
    return error
  }
}
