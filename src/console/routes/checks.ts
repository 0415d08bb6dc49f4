/** Checks of what a form holds. A check that fails is a result, not an error. */

import { checkSource } from '../../runner/inspect/check.ts'
import { checkWarehouse } from '../../runner/inspect/check-warehouse.ts'
import type { Finding } from '../../runner/inspect/finding.ts'
import { measureCost } from '../../runner/inspect/cost.ts'
import { findRegion } from '../../runner/inspect/region.ts'
import { checkSection } from '../../runner/connection/sections.ts'
import type { ScheduleSettings } from '../../runner/schedule/schedule.ts'
import type { JsonObject } from '../../singer/json.ts'
import { ApiError } from '../api/problems.ts'
import type { Api } from '../api/schemas.generated.ts'
import { completedForCheck } from '../documents/keep-secrets.ts'
import { masked } from '../documents/redact.ts'
import { scheduleProblems, STEPS } from '../documents/validation.ts'
import type { Services } from '../services.ts'
import { schedulePreview } from '../views/schedule-view.ts'
import type { Handlers } from './call.ts'
import { problemsIn } from './connection-documents.ts'
import { findingsView, isWorking } from './findings.ts'
import {
  destinationConnection,
  sourceConnection,
  storedDocument,
  type StoredAt,
} from './stored-secrets.ts'

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

/** Why a request could not be checked at all, as a finding. */
function asFinding(check: string, error: unknown): Finding {
  if (!(error instanceof ApiError)) throw error
  const texts = error.problems.map(({ field, message }) => `${field} ${message}`.trim())
  const message = texts.length > 0 ? texts.join('; ') : error.message
  return { check, status: 'failed', message, code: error.code }
}

async function testKey(services: Services, body: Api<'KeyTestRequest'>): Promise<Api<'KeyTest'>> {
  const { calls, options } = services
  try {
    const connection = await sourceConnection(services, formOf(body))
    const { region, problem } = await findRegion(connection, calls)
    const found = { ...connection, source: { ...connection.source, region } }
    const findings = await checkSource(found, calls)
    const isKnown = problem === undefined && connection.source.api_url === undefined
    return {
      is_working: isWorking(findings),
      region: isKnown ? region : null,
      findings: findingsView(findings, options.logger),
    }
  } catch (error) {
    const findings = findingsView([asFinding('key', error)], options.logger)
    return { is_working: false, region: null, findings }
  }
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

async function testDestination(
  services: Services,
  body: Api<'DestinationTestRequest'>,
): Promise<Api<'DestinationTest'>> {
  const { calls, options } = services
  const find = async () => {
    const connection = await destinationConnection(services, formOf(body))
    return checkWarehouse(connection, calls)
  }
  const findings = await find().catch((error: unknown) => [asFinding('warehouse', error)])
  return { is_working: isWorking(findings), findings: findingsView(findings, options.logger) }
}

function tenth(seconds: number): number {
  return Math.round(seconds * 10) / 10
}

async function cost(services: Services, body: Api<'CostRequest'>): Promise<Api<'Cost'>> {
  const connection = await sourceConnection(services, formOf(body))
  const streams = await measureCost(connection, services.calls)
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
  const problems = scheduleProblems(document, options.env)
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
    testKey: async ({ body }) => ({ body: await testKey(services, body as Api<'KeyTestRequest'>) }),
    testDestination: async ({ body }) => ({
      body: await testDestination(services, body as Api<'DestinationTestRequest'>),
    }),
    measureCost: async ({ body }) => ({ body: await cost(services, body as Api<'CostRequest'>) }),
  }
}
