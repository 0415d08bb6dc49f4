import { readFile } from 'node:fs/promises'
import { addAbortSignal } from 'node:stream'
import { text as textOf } from 'node:stream/consumers'
import { AppError } from '../../errors.ts'
import { parseStateText, readFailureOf } from '../../json-file.ts'
import type { Connection } from '../../runner/connection/connection.ts'
import { STREAM_NAMES, type StreamName } from '../../streams/index.ts'
import { readSyncState } from '../../runner/warehouse/sync-state.ts'
import { nextOwner } from '../../runner/warehouse/table-owner.ts'
import { startOfRead } from '../../runner/inspect/preview.ts'
import { holdLock } from '../../runner/run/run-lock.ts'
import {
  parseWholeState,
  readAnyState,
  readOneBookmark,
  withBookmarkOf,
  withoutBookmarks,
  withOwner,
} from '../../runner/warehouse/state-document.ts'
import { parseLastState, readLastState, writeState } from '../../runner/warehouse/target-client.ts'
import { isJsonObject, printJson, type JsonValue } from '../../singer/json.ts'
import type { StateDocument } from '../../singer/state.ts'
import type { ProgramContext } from '../main.ts'
import { print } from '../print.ts'
import { CONNECTION_OPTION, type Command, type ConnectionFlags } from '../command.ts'
import { openConnection } from '../open.ts'

interface StateFlags extends ConnectionFlags {
  file?: string
}

function streamIn(words: readonly string[]): StreamName | undefined {
  const [stream, ...rest] = words
  if (rest.length > 0) throw new AppError('USAGE', `Unexpected arguments: ${rest.join(' ')}.`)
  const known = STREAM_NAMES.find((resource) => resource === stream)
  if (stream === undefined || known !== undefined) return known
  throw new AppError('USAGE', `Unknown stream: ${stream}.`, {
    hint: `Streams: ${STREAM_NAMES.join(', ')}.`,
  })
}

async function readDocument(path: string, signal: AbortSignal): Promise<JsonValue> {
  const file = path === '-' ? textOf(addAbortSignal(signal, process.stdin)) : readFile(path, 'utf8')
  const text = await file.catch((cause: unknown) => {
    signal.throwIfAborted()
    const reason = readFailureOf(cause)
    throw new AppError('USAGE', `The state file ${path} could not be read (${reason}).`, { cause })
  })
  return parseStateText({ text, name: `The state file ${path}`, code: 'STATE_INVALID' })
}

/** Replaces the last committed state. Holds the lock, so that no run starts meanwhile. */
async function replaceState(
  connection: Connection,
  { env, signal }: ProgramContext,
  change: { next: (state: StateDocument) => StateDocument; parse: typeof parseLastState },
): Promise<void> {
  await holdLock(connection, { signal }, async () => {
    const { parse } = change
    const { state, lastLoad } = await readSyncState(connection, { env, signal }, { parse })
    const next = withOwner(change.next(state), nextOwner(state, connection))
    await writeState(connection, { state: next, lastLoad }, { env, signal })
  })
}

async function printState(
  connection: Connection,
  stream: StreamName | undefined,
  context: ProgramContext,
) {
  const state = await readLastState(connection, context)
  const shown = stream === undefined ? state : readOneBookmark(state, stream)
  await print(printJson(shown))
}

async function setState(
  connection: Connection,
  stream: StreamName | undefined,
  work: { file: string | undefined; context: ProgramContext },
): Promise<void> {
  const { file = '-', context } = work
  const document = await readDocument(file, context.signal)
  if (!isJsonObject(document))
    throw new AppError('STATE_INVALID', 'The state must be a JSON object.')
  if (stream === undefined) {
    const whole = parseWholeState(document)
    await replaceState(connection, context, { next: () => whole, parse: readAnyState })
  } else {
    const next = (state: StateDocument) => withBookmarkOf(state, stream, document)
    await replaceState(connection, context, { next, parse: parseLastState })
  }
  await print(`Set the state of ${stream ?? 'all streams'}.`)
}

/** Where the next run starts to read streams that have no bookmark. */
function startText(connection: Connection, streams: readonly StreamName[]): string {
  const now = Date.now()
  const sinceOf = (stream: StreamName) => {
    const mode = connection.resources.get(stream) ?? 'incremental'
    return startOfRead(connection, { state: {}, stream, mode }, now)
  }
  const unbounded = streams.filter((stream) => sinceOf(stream) === null)
  const bounded = streams.filter((stream) => sinceOf(stream) !== null)
  const [since] = bounded.map(sinceOf)
  return [
    ...(unbounded.length > 0 ? [`${unbounded.join(', ')} from the start`] : []),
    ...(since ? [`${bounded.join(', ')} from ${since} (\`start_date\` or \`cutoff_days\`)`] : []),
  ].join('; ')
}

async function resetState(
  connection: Connection,
  stream: StreamName | undefined,
  context: ProgramContext,
) {
  const streams = stream === undefined ? STREAM_NAMES : [stream]
  const parse = stream === undefined ? readAnyState : parseLastState
  await replaceState(connection, context, {
    next: (state) => withoutBookmarks(state, streams),
    parse,
  })
  await print(`The next run reads ${startText(connection, streams)}. No rows were changed.`)
}

export const stateCommand: Command<StateFlags> = {
  line: {
    name: 'customerio-sync state',
    usage:
      'Usage: $0 get|set|reset [STREAM] [--connection NAME|FILE]\n\nShows, sets or resets sync state, which is stored in the warehouse. Applies to one stream or to all.',
    options: {
      ...CONNECTION_OPTION,
      file: {
        string: true,
        requiresArg: true,
        describe: 'For set: state file to read. - or no file reads stdin',
      },
    },
    words: [1, 2],
    examples: [
      ['$0 get', 'Print the state as JSON'],
      ['$0 reset campaigns', 'Read campaigns from the start (or the cutoff) in the next run'],
      ['$0 set --file state.json', 'Resume from the state of another tap or target'],
    ],
  },
  run: async (flags, context) => {
    const [verb, ...words] = flags._.map(String)
    const stream = streamIn(words)
    const connection = await openConnection(flags, context)
    if (verb === 'get') return printState(connection, stream, context)
    if (verb === 'set') return setState(connection, stream, { file: flags.file, context })
    if (verb === 'reset') return resetState(connection, stream, context)
    throw new AppError('USAGE', `Unknown action: ${verb ?? 'none'}.`, {
      hint: 'Use get, set or reset.',
    })
  },
}
