import { resolve } from 'node:path'
import { AppError } from '../../errors.ts'
import { listDocuments } from '../../runner/workspace/documents.ts'
import { LONE_CONNECTION, workspaceFolderOf } from '../../runner/workspace/paths.ts'
import { CONNECTION_OPTION, connectionOptions, type Command } from '../command.ts'
import { askKey, locateKey } from '../init/ask-key.ts'
import { askName, namedConnection, type NewConnection } from '../init/ask-name.ts'
import { checkAnswers, checkTables, type InitTools } from '../init/check-answers.ts'
import { hasNoAnswers, KEY_REFERENCE, KEY_VARIABLE, type InitFlags } from '../init/document.ts'
import { INIT_EXAMPLES, INIT_OPTIONS } from '../init/options.ts'
import { askAnswers } from '../init/questions.ts'
import { writeFiles } from '../init/write-files.ts'
import type { ProgramContext } from '../main.ts'
import { print } from '../print.ts'
import { askYesNo, canAsk } from '../prompt.ts'

/** Everything that decides the files to write. */
interface Decided {
  flags: InitFlags
  tools: InitTools
}

/** Without any flag, nobody has said anything that a file could hold. */
function assertFlags(flags: InitFlags): void {
  const { connection, region, apiUrl } = flags
  const isBare = [connection, region, apiUrl].every((flag) => flag === undefined)
  if (!isBare || !hasNoAnswers(flags)) return
  throw new AppError('USAGE', 'init asks its questions on a terminal, but there is none.', {
    hint: 'Give the answers as flags, such as: customerio-sync init --warehouse-url duckdb:warehouse.duckdb --prefix cio_ --schedule 3h',
  })
}

function toolsFor({ path }: NewConnection, key: string, context: ProgramContext): InitTools {
  return { path, workspace: workspaceFolderOf(resolve(path)), key, context }
}

/** The only shared destination is used without being named. Throws USAGE when there are several. */
async function withDestination(flags: InitFlags, { workspace }: InitTools): Promise<InitFlags> {
  if (flags.warehouseUrl !== undefined || flags.destination !== undefined) return flags
  const names = (await listDocuments(workspace, 'destination')).map(({ name }) => name)
  const [first, ...others] = names
  if (first === undefined) return flags
  if (others.length === 0) return { ...flags, destination: first }
  throw new AppError('USAGE', `The workspace has several destinations: ${names.join(', ')}.`, {
    hint: 'Name one with --destination, or give --warehouse-url for another one.',
  })
}

async function decideByFlags(flags: InitFlags, context: ProgramContext): Promise<Decided> {
  assertFlags(flags)
  const target = await namedConnection(flags)
  const placed = toolsFor(target, KEY_REFERENCE, context)
  const whole = await withDestination(flags, placed)
  await checkTables(await checkAnswers(whole, placed), placed)
  const { key, region } = await locateKey(whole, { path: target.path, context })
  return { flags: { ...whole, region }, tools: { ...placed, key } }
}

async function decideByAsking(flags: InitFlags, context: ProgramContext): Promise<Decided> {
  const target = await askName(flags, context.signal)
  const { key, region } = await askKey(flags, { path: target.path, context })
  const tools = toolsFor(target, key, context)
  const { connection } = target
  const located = { ...flags, ...(connection !== undefined && { connection }), region }
  return { flags: await askAnswers(located, tools), tools }
}

/** Repeats the write after an error that a person can correct meanwhile. No answer is lost. */
async function writeAsked({ flags, tools }: Decided): Promise<string[]> {
  const { signal } = tools.context
  for (;;) {
    try {
      return await writeFiles(flags, tools)
    } catch (error) {
      if (!(error instanceof AppError)) throw error
      process.stderr.write(`  ${error.fullText}\n`)
      if (!(await askYesNo('Write the files again?', true, signal))) throw error
    }
  }
}

/** Offers the steps that follow. A check that fails ends the program with its status. */
async function offerFirstRun(flags: InitFlags, context: ProgramContext): Promise<void> {
  const { workspace, connection } = flags
  const named = {
    _: [],
    ...(workspace !== undefined && { workspace }),
    ...(connection !== undefined && { connection }),
  }
  const options = connectionOptions(flags)
  if (!(await askYesNo('Check the connection now?', true, context.signal))) {
    await print(`Next: customerio-sync check${options}`)
    return
  }
  const { checkCommand } = await import('./check.ts')
  await checkCommand.run(named, context)
  if (!(await askYesNo('Start the first run now?', true, context.signal))) return
  const { runCommand } = await import('./run.ts')
  await runCommand.run(named, context)
}

export const initCommand: Command<InitFlags> = {
  line: {
    name: 'customerio-sync init',
    usage: `Usage: $0 [--connection NAME|FILE]\n\nCreates a connection file. On a terminal it asks for everything, tests the key and the warehouse, and offers the first run. With a flag for an answer it asks nothing, and takes defaults for the others. If ${KEY_VARIABLE} is set, the file refers to it; otherwise you type the key.`,
    options: {
      ...CONNECTION_OPTION,
      connection: { ...CONNECTION_OPTION['connection'], defaultDescription: LONE_CONNECTION },
      ...INIT_OPTIONS,
    },
    examples: INIT_EXAMPLES,
  },
  run: async (given, context) => {
    const isAsking = canAsk() && hasNoAnswers(given)
    const decided = await (isAsking ? decideByAsking : decideByFlags)(given, context)
    const { flags, tools } = decided
    const paths = await (isAsking ? writeAsked(decided) : writeFiles(flags, tools))
    await print(paths.map((path) => `Created ${path}. Only you can read it.`).join('\n'))
    if (isAsking) await offerFirstRun(flags, context)
    else await print(`Next: customerio-sync check${connectionOptions(flags)}`)
  },
}
