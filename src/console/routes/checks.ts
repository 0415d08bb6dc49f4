/** Checks of what a form holds. A check that fails is a result, not an error. */

import { checkSource } from '../../runner/inspect/check.ts'
import { checkWarehouse } from '../../runner/inspect/check-warehouse.ts'
import type { Finding } from '../../runner/inspect/finding.ts'
import { measureCost } from '../../runner/inspect/cost.ts'
import { findRegion } from '../../runner/inspect/region.ts'
import { rateKeysOf } from '../../runner/connection/conflicts.ts'
import type { Connection } from '../../runner/connection/connection.ts'
import { checkSection } from '../../runner/connection/sections.ts'
import type { CallOptions } from '../../runner/programs/call-program.ts'
import type { ScheduleSettings } from '../../runner/schedule/schedule.ts'
import type { JsonObject } from '../../singer/json.ts'
import { ApiError } from '../api/problems.ts'
import type { Api } from '../api/schemas.generated.ts'
import { completedForCheck } from '../documents/keep-secrets.ts'
import { masked } from '../documents/redact.ts'
import { referenceProblems } from '../documents/references.ts'
import { scheduleProblems, STEPS } from '../documents/validation.ts'
import type { Services } from '../services.ts'
import { schedulePreview } from '../views/schedule-view.ts'
import { closedSignal, type Call, type Handlers } from './call.ts'
import { problemsIn } from './documents/connection-documents.ts'
import { findingsView, isWorking } from './findings.ts'
import {
  destinationConnection,
  sourceConnection,
  storedDocument,
  type StoredAt,
} from './documents/stored-secrets.ts'

async function validate(
  services: Services,
  request: Api<'ValidationRequest'>,
): Promise<Api<'Validation'>> {
  const { name, connection, draft, document, steps = STEPS } = request
  const stored = await storedDocument(services, {
    ...(connection !== undefined && { connection }),
    ...(draft !== undefined && { draft }),
  })
  const checked = completedForCheck(document, stored)
  const isWhole = STEPS.every((step) => steps.includes(step))
  const newName =
    connection === undefined ? (name ?? (steps.includes('name') ? '' : undefined)) : undefined
  const problems = [
    ...checked.problems,
    ...(await problemsIn(services, checked.document, { newName, replaced: connection, steps })),
  ]
  return {
    is_valid: problems.length === 0,
    problems,
    file: isWhole ? masked('connection', checked.document) : null,
  }
}

/** The connection to check, or why there is none, as a finding. */
async function openForCheck(
  check: string,
  opening: Promise<Connection>,
): Promise<{ connection: Connection } | { finding: Finding }> {
  try {
    return { connection: await opening }
  } catch (error) {
    if (!(error instanceof ApiError)) throw error
    const texts = error.problems.map(({ field, message }) => `${field} ${message}`.trim())
    const message = texts.length > 0 ? texts.join('; ') : error.message
    return { finding: { check, status: 'failed', message, code: error.code } }
  }
}

/** Reads with the key of the source at its rate, and never while a run does. */
async function readSource<T>(
  services: Services,
  { connection, closed }: { connection: Connection; closed: AbortSignal },
  read: (calls: CallOptions) => Promise<T>,
): Promise<T> {
  return services.calls.run({ closed, keys: rateKeysOf(connection) }, read)
}

async function testKey(services: Services, call: Call): Promise<Api<'KeyTest'>> {
  const { logger } = services.options
  const request = formOf(call.body as Api<'KeyTestRequest'>)
  const opened = await openForCheck('key', sourceConnection(services, request))
  if ('finding' in opened) {
    const findings = findingsView([opened.finding], logger)
    return { is_working: false, region: null, findings }
  }
  const { connection } = opened
  const closed = closedSignal(call)
  return readSource(services, { connection, closed }, async (calls) => {
    const { region, problem } = await findRegion(connection, calls)
    const found = { ...connection, source: { ...connection.source, region } }
    const findings = await checkSource(found, calls)
    const isKnown = problem === undefined && connection.source.api_url === undefined
    return {
      is_working: isWorking(findings),
      region: isKnown ? region : null,
      findings: findingsView(findings, logger),
    }
  })
}

/** The body as the documents of the runner: every member is JSON. */
function formOf(body: { stored?: object }) {
  return body as unknown as {
    source: JsonObject
    destination: JsonObject
    resources?: JsonObject
    stored?: StoredAt
  }
}

async function testDestination(services: Services, call: Call): Promise<Api<'DestinationTest'>> {
  const request = formOf(call.body as Api<'DestinationTestRequest'>)
  const opened = await openForCheck('warehouse', destinationConnection(services, request))
  const findings =
    'finding' in opened
      ? [opened.finding]
      : await services.calls.run({ closed: closedSignal(call) }, async (calls) =>
          checkWarehouse(opened.connection, calls),
        )
  const { logger } = services.options
  return { is_working: isWorking(findings), findings: findingsView(findings, logger) }
}

function tenth(seconds: number): number {
  return Math.round(seconds * 10) / 10
}

async function cost(services: Services, call: Call): Promise<Api<'Cost'>> {
  const connection = await sourceConnection(services, formOf(call.body as Api<'CostRequest'>))
  const closed = closedSignal(call)
  const streams = await readSource(services, { connection, closed }, async (calls) =>
    measureCost(connection, calls),
  )
  const rate = connection.source.requests_per_second
  const requests = streams.reduce((sum, stream) => sum + stream.requests, 0)
  return {
    requests,
    seconds: tenth(requests / rate),
    requests_per_second: rate,
    streams: streams.map((stream) => ({ ...stream, seconds: tenth(stream.requests / rate) })),
  }
}

function preview(
  { options }: Services,
  { schedule, count }: Api<'SchedulePreviewRequest'>,
): Api<'SchedulePreview'> {
  const document = { schedule } as JsonObject
  const references = referenceProblems('connection', document, {})
  const problems = references.length > 0 ? references : scheduleProblems(document, options.env)
  if (problems.length > 0) {
    const none = { text: null, timezone: null, next_runs: [], clock_changes: [] }
    return { is_valid: false, problems, ...none }
  }
  const { settings } = checkSection(document, 'schedule', { requiresAll: true })
  return schedulePreview(settings as unknown as ScheduleSettings, { count, nowMs: Date.now() })
}

type Ids = 'validateConnection' | 'previewSchedule' | 'testKey' | 'testDestination' | 'measureCost'

export function checkHandlers(services: Services): Handlers<Ids> {
  return {
    validateConnection: async ({ body }) => ({
      body: await validate(services, body as Api<'ValidationRequest'>),
    }),
    previewSchedule: async ({ body }) => ({
      body: preview(services, body as Api<'SchedulePreviewRequest'>),
    }),
    testKey: async (call) => ({ body: await testKey(services, call) }),
    testDestination: async (call) => ({ body: await testDestination(services, call) }),
    measureCost: async (call) => ({ body: await cost(services, call) }),
  }
}
