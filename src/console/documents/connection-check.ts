/** Validates a connection as a whole: its settings, its destination and the other connections. */

import { AppError } from '../../errors.ts'
import { refusedVersions } from '../../runner/connection/conflicts.ts'
import { parseConnection, type Connection } from '../../runner/connection/connection.ts'
import { joinSharedDestination } from '../../runner/connection/shared-destination.ts'
import { isJsonObject, type JsonObject } from '../../singer/json.ts'
import { ApiError, type FieldProblem } from '../api/problems.ts'
import { STEPS, stepProblems, type Step, type Surroundings } from './validation.ts'

export interface WholeCheck {
  /** The name of a new connection; undefined for one that exists. */
  name: string | undefined
  /** Where its file is, or will be. */
  path: string
  document: JsonObject
  steps: readonly Step[]
  surroundings: Surroundings
  /** The other connections, as far as they are valid. */
  others: readonly Connection[]
}

/** The connection that a document describes. Throws CONFIG_INVALID. */
export async function connectionIn(
  document: JsonObject,
  path: string,
  env: NodeJS.ProcessEnv,
): Promise<Connection> {
  const { document: joined, sharedPath } = await joinSharedDestination(document, path, env)
  return { ...parseConnection(joined, path, env), sharedDestinationPath: sharedPath }
}

/** The connection that a document describes with these settings of its shared destination. */
export function connectionWith(
  document: JsonObject,
  path: string,
  { shared, env }: { shared: JsonObject; env: NodeJS.ProcessEnv },
): Connection {
  const { $schema: _, ...settings } = shared
  const { use: _use, ...own } = isJsonObject(document['destination']) ? document['destination'] : {}
  return parseConnection({ ...document, destination: { ...settings, ...own } }, path, env)
}

/** Problems that only the whole document can have. */
async function wholeProblems(check: WholeCheck): Promise<FieldProblem[]> {
  const { document, path, surroundings, others } = check
  try {
    const next = await connectionIn(document, path, surroundings.env)
    const conflict = refusedVersions([{ earlier: undefined, next }], others).get(next)
    return conflict ? [{ field: '', message: conflict.fullText }] : []
  } catch (error) {
    if (!(error instanceof AppError)) throw error
    return [{ field: '', message: error.fullText }]
  }
}

/** What is wrong. The whole is checked only when every step is, and is valid. */
export async function connectionProblems(check: WholeCheck): Promise<FieldProblem[]> {
  const problems = stepProblems(check, check.steps, check.surroundings)
  const isWhole = STEPS.every((step) => check.steps.includes(step))
  return problems.length === 0 && isWhole ? wholeProblems(check) : problems
}

/** Throws DOCUMENT_INVALID with every problem. */
export function refuseProblems(what: string, problems: readonly FieldProblem[]): void {
  const [first] = problems
  if (!first) return
  const place = first.field === '' ? '' : `${first.field} `
  throw new ApiError(
    'DOCUMENT_INVALID',
    `The ${what} is not valid: ${place}${first.message.replace(/\.$/, '')}.`,
    {
      problems,
    },
  )
}
