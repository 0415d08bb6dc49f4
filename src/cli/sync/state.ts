import { readFile } from 'node:fs/promises'
import { AppError } from '../../errors.ts'
import { RESOURCES, type Connection } from '../../runner/connection.ts'
import { readOwnState } from '../../runner/own-state.ts'
import { nextOwner } from '../../runner/ownership.ts'
import { holdLock } from '../../runner/run.ts'
import {
  readOneBookmark,
  withBookmarkOf,
  withoutBookmarks,
  withOwner,
} from '../../runner/state-document.ts'
import { readLastState, writeState } from '../../runner/target-call.ts'
import { isJsonObject, parseJson, printJson, type JsonValue } from '../../singer/json.ts'
import { parseState, type StateDocument } from '../../singer/state.ts'
import type { ProgramContext } from '../main.ts'
import { CONNECTION_OPTION, print, type Command, type ConnectionFlags } from './command.ts'
import { openConnection } from './open.ts'

interface StateFlags extends ConnectionFlags {
  file?: string
}

function streamIn(words: readonly string[]): string | undefined {
  const [stream, ...rest] = words
  if (rest.length > 0) throw new AppError('USAGE', `Too many words: ${rest.join(' ')}.`)
  if (stream === undefined || (RESOURCES as readonly string[]).includes(stream)) return stream
  throw new AppError('USAGE', `Unknown stream: ${stream}.`, {
    hint: `Known are ${RESOURCES.join(', ')}.`,
  })
}

async function readDocument(path: string): Promise<JsonValue> {
  const text = await readFile(path === '-' ? '/dev/stdin' : path, 'utf8').catch(
    (cause: unknown) => {
      throw new AppError('USAGE', `The state file ${path} could not be read.`, { cause })
    },
  )
  try {
    return parseJson(text)
  } catch {
    throw new AppError('STATE_INVALID', `The state file ${path} is not valid JSON.`)
  }
}

/** Reads the newest state, changes it and commits it, while no run can begin. */
async function change(
  connection: Connection,
  { env, signal }: ProgramContext,
  next: (state: StateDocument) => StateDocument,
): Promise<void> {
  await holdLock(connection, { env, signal }, async () => {
    const { state } = await readOwnState(connection, { env, signal })
    await writeState(connection, withOwner(next(state), nextOwner(state, connection)), {
      env,
      signal,
    })
  })
}

async function get(connection: Connection, stream: string | undefined, context: ProgramContext) {
  const state = await readLastState(connection, context)
  const shown = stream === undefined ? state : readOneBookmark(state, stream)
  await print(printJson(shown))
}

async function set(
  connection: Connection,
  stream: string | undefined,
  work: { file: string | undefined; context: ProgramContext },
): Promise<void> {
  const document = await readDocument(work.file ?? '-')
  if (!isJsonObject(document)) throw new AppError('STATE_INVALID', 'The state must be an object.')
  await change(connection, work.context, (state) =>
    stream === undefined ? parseState(document) : withBookmarkOf(state, stream, document),
  )
  await print(`The state of ${stream ?? 'all streams'} was set.`)
}

async function reset(connection: Connection, stream: string | undefined, context: ProgramContext) {
  const streams = stream === undefined ? RESOURCES : [stream]
  await change(connection, context, (state) => withoutBookmarks(state, streams))
  await print(`The next run reads ${streams.join(', ')} from the start; no row was changed.`)
}

export const state: Command<StateFlags> = {
  line: {
    name: 'customerio-sync state',
    usage:
      'Usage: $0 get|set|reset [STREAM] [--connection FILE]\n\nShows, sets or resets the bookmarks that the newest commit in the warehouse holds, of one stream or of all.',
    options: {
      ...CONNECTION_OPTION,
      file: {
        string: true,
        requiresArg: true,
        describe: 'For set: the document; - or none is stdin',
      },
    },
    words: [1, 2],
    examples: [
      ['$0 get', 'The whole state as JSON'],
      ['$0 reset campaigns', 'The next run reads campaigns from the start (or the cutoff)'],
      ['$0 set --file state.json', 'Go on from the state of another tap or target'],
    ],
  },
  run: async (flags, context) => {
    const [verb, ...words] = flags._.map(String)
    const stream = streamIn(words)
    const connection = await openConnection(flags, context)
    if (verb === 'get') return get(connection, stream, context)
    if (verb === 'set') return set(connection, stream, { file: flags.file, context })
    if (verb === 'reset') return reset(connection, stream, context)
    throw new AppError('USAGE', `state takes get, set or reset, not ${verb ?? 'nothing'}.`)
  },
}
