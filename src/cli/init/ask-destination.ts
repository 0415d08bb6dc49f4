/** Asks where to load: a destination of the workspace or a new one, schema and prefix. Tests it. */

import { basename, resolve } from 'node:path'
import { AppError } from '../../errors.ts'
import { secretsOfConnection } from '../../runner/connection/connection-secrets.ts'
import type { Connection } from '../../runner/connection/connection.ts'
import { callProgram } from '../../runner/programs/call-program.ts'
import { listDocuments } from '../../runner/workspace/documents.ts'
import { isWorkspaceFile } from '../../runner/workspace/paths.ts'
import { ask, askChoice, askYesNo, type Choice } from '../prompt.ts'
import { checkAnswers, checkTables, type InitTools } from './check-answers.ts'
import { defaultPrefix, isNewShared, type InitFlags } from './document.ts'
import {
  ENGINES,
  engineOf,
  isEngine,
  urlOfAnswer,
  userWithoutPassword,
  withoutPassword,
  withPassword,
  type Engine,
} from './engines.ts'

/** No destination can have this name. */
const NEW = '(new)'
/** The answer for an empty text. Enter means the default. */
const NONE = '-'

function textOf(answer: string): string {
  return answer === NONE ? '' : answer
}

async function destinationNames({ workspace }: InitTools): Promise<string[]> {
  return (await listDocuments(workspace, 'destination')).map(({ name }) => name)
}

type CheckUrl = (warehouseUrl: string) => Promise<void>

/** Asks for the password that the URL leaves out, so that no screen shows it. */
async function askPassword(url: string, checkUrl: CheckUrl, signal: AbortSignal): Promise<string> {
  const user = userWithoutPassword(url)
  if (user === undefined) return url
  const text = `Password of ${user}, or \${NAME} (input is hidden; empty for none)`
  const check = async (password: string) => checkUrl(withPassword(url, password))
  return withPassword(url, await ask({ text, isHidden: true, check }, signal))
}

async function askUrl(answers: InitFlags, tools: InitTools): Promise<string> {
  const { signal, logger } = tools.context
  // A password is asked for again: the test may have refused it.
  const earlier =
    answers.warehouseUrl === undefined ? undefined : withoutPassword(answers.warehouseUrl)
  const choices = Object.entries(ENGINES).flatMap(([name, { label }]) =>
    isEngine(name) ? [{ name, label }] : [],
  )
  const known = earlier === undefined ? 'duckdb' : engineOf(earlier)
  const name = await askChoice({ text: 'Warehouse', choices, default: known }, signal)
  const engine: Engine = ENGINES[name]
  const fallback = earlier !== undefined && name === known ? earlier : engine.fallback
  const checkUrl: CheckUrl = async (warehouseUrl) => {
    await checkAnswers({ ...answers, warehouseUrl, destination: undefined }, tools)
  }
  const check = async (answer: string) => checkUrl(urlOfAnswer(name, answer))
  const shown = fallback === undefined ? {} : { shownDefault: logger.clean(fallback) }
  const answer = await ask({ text: engine.question, default: fallback, ...shown, check }, signal)
  return askPassword(urlOfAnswer(name, answer), checkUrl, signal)
}

/** A destination of a workspace can be shared. A lone connection has nobody to share it with. */
async function askSharedName(
  answers: InitFlags,
  warehouseUrl: string,
  tools: InitTools,
): Promise<string | undefined> {
  const { signal } = tools.context
  if (!isWorkspaceFile(resolve(tools.path))) return undefined
  const question = 'Share this destination with other connections?'
  if (!(await askYesNo(question, true, signal))) return undefined
  const check = async (destination: string) => {
    await checkAnswers({ ...answers, warehouseUrl, destination }, tools)
  }
  const names = await destinationNames(tools)
  const free = names.includes('warehouse') ? undefined : 'warehouse'
  const fallback = isNewShared(answers) ? answers.destination : free
  return ask({ text: 'Name of the destination', default: fallback, check }, signal)
}

async function askPlace(answers: InitFlags, tools: InitTools): Promise<InitFlags> {
  const { signal } = tools.context
  const names = await destinationNames(tools)
  const choices: Choice<string>[] = [
    ...names.map((name) => ({ name })),
    { name: NEW, label: 'another warehouse' },
  ]
  const isNew = answers.warehouseUrl !== undefined || names.length === 0
  const fallback = isNew ? NEW : (answers.destination ?? names[0] ?? NEW)
  const chosen =
    names.length === 0
      ? NEW
      : await askChoice({ text: 'Destination', choices, default: fallback }, signal)
  if (chosen !== NEW) return { ...answers, destination: chosen, warehouseUrl: undefined }
  const warehouseUrl = await askUrl(answers, tools)
  const destination = await askSharedName(answers, warehouseUrl, tools)
  return { ...answers, warehouseUrl, destination }
}

async function askSchema(answers: InitFlags, tools: InitTools): Promise<InitFlags> {
  const { destination } = await checkAnswers({ ...answers, schema: undefined }, tools)
  const inherited = isNewShared(answers) ? undefined : destination.default_target_schema
  const fallback = answers.schema ?? inherited
  const check = async (answer: string) => {
    const schema = textOf(answer)
    if (schema !== '') await checkAnswers({ ...answers, schema }, tools)
  }
  const none = "the database's default"
  // An inherited schema can be replaced, but not taken away.
  const choice = fallback === inherited ? '' : ` (${NONE}: ${none})`
  const hint = fallback === undefined ? ` (empty: ${none})` : choice
  const question = { text: `Schema of the tables${hint}`, default: fallback, check }
  const schema = textOf(await ask(question, tools.context.signal))
  return { ...answers, schema: schema === '' || schema === inherited ? undefined : schema }
}

async function askPrefix(answers: InitFlags, tools: InitTools): Promise<InitFlags> {
  const check = async (answer: string) => {
    const prefix = textOf(answer)
    await checkTables(await checkAnswers({ ...answers, prefix }, tools), tools)
  }
  const fallback = answers.prefix ?? defaultPrefix(basename(tools.path, '.json'))
  const question = { text: `Prefix of the tables (${NONE}: none)`, default: fallback, check }
  return { ...answers, prefix: textOf(await ask(question, tools.context.signal)) }
}

/** Throws the error of the target. */
async function testDestination(connection: Connection, { context }: InitTools): Promise<void> {
  const { env, signal, logger } = context
  for (const secret of secretsOfConnection(connection)) logger.mask(secret)
  process.stderr.write('Testing the destination...\n')
  const call = { program: 'target-warehouse', args: ['--test'] } as const
  await callProgram(connection, call, { env, signal })
  process.stderr.write('Tables can be created, written and dropped.\n')
}

/** False when the test failed and the person wants to correct the answers. */
async function isAccepted(answers: InitFlags, tools: InitTools): Promise<boolean> {
  const { signal, logger } = tools.context
  try {
    await testDestination(await checkAnswers(answers, tools), tools)
    return true
  } catch (error) {
    signal.throwIfAborted()
    if (!(error instanceof AppError)) throw error
    process.stderr.write(`  ${logger.clean(error.fullText)}\n`)
    return askYesNo('Keep this destination anyway?', false, signal)
  }
}

/**
 * Asks until the target can write there. The test needs all three answers: a user may only own one
 * schema.
 */
export async function askDestination(flags: InitFlags, tools: InitTools): Promise<InitFlags> {
  let answers = flags
  for (;;) {
    answers = await askPlace(answers, tools)
    answers = await askSchema(answers, tools)
    answers = await askPrefix(answers, tools)
    if (await isAccepted(answers, tools)) return answers
  }
}
