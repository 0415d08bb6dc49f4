import { readFile } from 'node:fs/promises'
import { addAbortSignal } from 'node:stream'
import { text as textOf } from 'node:stream/consumers'
import { didYouMean } from '../../config/nearest-name.ts'
import { AppError } from '../../errors.ts'
import { parseStateText, readFailureOf } from '../../json-file.ts'
import type { Connection } from '../../runner/connection/connection.ts'
import { STREAM_NAMES, type StreamName } from '../../streams/index.ts'
import { modesOf } from '../../streams/modes.ts'
import { readSyncState } from '../../runner/warehouse/sync-state.ts'
import { nextOwner } from '../../runner/warehouse/table-owner.ts'
import { startOfRead } from '../../runner/inspect/preview.ts'
import { holdLock } from '../../runner/run/run-lock.ts'
import {
  droppedBookmarks,
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
  replace?: boolean
}

function streamIn(words: readonly string[]): StreamName | undefined {
  const [stream, ...rest] = words
  if (rest.length > 0) throw new AppError('USAGE', `Unexpected arguments: ${rest.join(' ')}.`)
  const known = STREAM_NAMES.find((resource) => resource === stream)
  if (stream === undefined || known !== undefined) return known
  throw new AppError('USAGE', `Unknown stream: ${stream}.`, {
    hint: `${didYouMean(stream, STREAM_NAMES)}All streams: tap-customerio --list-streams.`,
  })
}

async function readDocument(path: string, signal: AbortSignal): Promise<JsonValue> {
  const file = path === '-' ? textOf(addAbortSignal(signal, process.stdin)) : readFile(path, 'utf8')
  const text = await file.catch((cause: unknown) => {
    signal.throwIfAborted()
    const reason = readFailureOf(cause)
    throw new AppError('USAGE', `The state file ${path} could not be read (${reason}).`, { cause })
  })
  const name = path === '-' ? 'The state from stdin' : `The state file ${path}`
  return parseStateText({ text, name, code: 'STATE_INVALID' })
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

/** Throws USAGE unless the caller accepts that these bookmarks are lost. */
function refuseDropped(dropped: readonly string[], flags: StateFlags): void {
  if (dropped.length === 0 || flags.replace === true) return
  const names = dropped.join(', ')
  const word = dropped.length === 1 ? 'bookmark' : 'bookmarks'
  throw new AppError('USAGE', `The new state would drop the ${word} of ${names}.`, {
    hint: 'To set one stream only, name it. To drop them, so that the next run reads these streams from the start (or the cutoff), add --replace.',
  })
}

async function setState(
  connection: Connection,
  stream: StreamName | undefined,
  work: { flags: StateFlags; context: ProgramContext },
): Promise<void> {
  const { flags, context } = work
  const { file = '-' } = flags
  let dropped: string[] = []
  const document = await readDocument(file, context.signal)
  if (!isJsonObject(document))
    throw new AppError('STATE_INVALID', 'The state must be a JSON object.')
  if (stream === undefined) {
    const whole = parseWholeState(document)
    const next = (state: StateDocument) => {
      dropped = droppedBookmarks(state, whole)
      refuseDropped(dropped, flags)
      return whole
    }
    await replaceState(connection, context, { next, parse: readAnyState })
  } else {
    const next = (state: StateDocument) => withBookmarkOf(state, stream, document)
    await replaceState(connection, context, { next, parse: parseLastState })
  }
  const loss = dropped.length === 0 ? '' : ` Dropped the bookmarks of ${dropped.join(', ')}.`
  await print(`Set the state of ${stream ?? 'all streams'}.${loss}`)
}

/** Where the next run starts to read streams that have no bookmark. */
function startText(connection: Connection, streams: readonly StreamName[]): string {
  const now = Date.now()
  const sinceOf = (stream: StreamName) => {
    const mode = connection.resources.get(stream) ?? modesOf(stream)[0]
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
  const isWhole = stream === undefined
  await replaceState(connection, context, {
    next: (state) => withoutBookmarks(state, isWhole ? STREAM_NAMES : [stream]),
    parse: isWhole ? readAnyState : parseLastState,
  })
  const streams = isWhole ? [...connection.resources.keys()] : [stream]
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
      replace: {
        boolean: true,
        describe: 'For set: drop the bookmarks that the new state does not have',
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
    if (verb === 'set') return setState(connection, stream, { flags, context })
    if (verb === 'reset') return resetState(connection, stream, context)
    throw new AppError('USAGE', `Unknown action: ${verb ?? 'none'}.`, {
      hint: 'Use get, set or reset.',
    })
  },
}
