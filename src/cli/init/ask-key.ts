/** Asks for the key until Customer.io accepts it, and finds the region that it belongs to. */

import { resolve } from 'node:path'
import { AppError } from '../../errors.ts'
import { parseConnection } from '../../runner/connection/connection.ts'
import { secretsOfConnection } from '../../runner/connection/connection-secrets.ts'
import { findRegion, type FoundRegion } from '../../runner/inspect/region.ts'
import type { ProgramContext } from '../main.ts'
import { ask } from '../prompt.ts'
import {
  connectionDocument,
  DEFAULTS,
  KEY_REFERENCE,
  KEY_VARIABLE,
  type InitFlags,
} from './document.ts'

/** Refused keys after which `init` gives up. */
const MAX_KEYS = 3
const WHERE = 'Settings > Account settings > API credentials > App API keys'
const REGIONS = ['us', 'eu']

interface KeyTools {
  path: string
  context: ProgramContext
}

export interface LocatedKey {
  /** The key, or a reference to its variable. */
  key: string
  /** Undefined when nobody knows it. */
  region: string | undefined
}

function isKeySet({ env }: ProgramContext): boolean {
  return (env[KEY_VARIABLE] ?? '') !== ''
}

/** Only what the key needs. Throws CONFIG_INVALID. */
function keyConnection({ region, apiUrl }: InitFlags, key: string, { path, context }: KeyTools) {
  const flags = {
    _: [],
    ...(region !== undefined && { region }),
    ...(apiUrl !== undefined && { apiUrl }),
  }
  return parseConnection(connectionDocument(flags, key), resolve(path), context.env)
}

/** Calls the API with the key and says what it found. */
async function tryKey(flags: InitFlags, key: string, tools: KeyTools): Promise<FoundRegion> {
  const { env, signal, logger } = tools.context
  const connection = keyConnection(flags, key, tools)
  for (const secret of secretsOfConnection(connection)) logger.mask(secret)
  process.stderr.write('Checking the key...\n')
  const found = await findRegion(connection, { env, signal })
  const place = flags.apiUrl === undefined ? ` in region ${found.region}` : ''
  process.stderr.write(`${logger.clean(found.problem ?? `The key works${place}.`)}\n`)
  return found
}

/** True when the response came from the account's region. */
function isLocated({ problem, code }: FoundRegion): boolean {
  return problem === undefined || code === 'FORBIDDEN'
}

function checkRegion(answer: string): void {
  if (!REGIONS.includes(answer)) throw new AppError('USAGE', 'Answer us or eu.')
}

/** A region that the network did not let us find is asked for. */
async function regionOf(
  { region, apiUrl }: InitFlags,
  found: FoundRegion,
  signal: AbortSignal,
): Promise<string> {
  if (isLocated(found) || apiUrl !== undefined || region !== undefined) return found.region
  const text = 'Region of the account, us or eu'
  return ask({ text, default: DEFAULTS.region, check: checkRegion }, signal)
}

/**
 * The key as typed, or a reference to its variable when that is set. Throws UNAUTHORIZED after
 * three refused keys.
 */
export async function askKey(flags: InitFlags, tools: KeyTools): Promise<LocatedKey> {
  const { context } = tools
  const { signal } = context
  if (isKeySet(context)) {
    process.stderr.write(`The key comes from ${KEY_VARIABLE}.\n`)
    const found = await tryKey(flags, KEY_REFERENCE, tools)
    if (found.code !== 'UNAUTHORIZED')
      return { key: KEY_REFERENCE, region: await regionOf(flags, found, signal) }
  }
  const check = (answer: string) => {
    if (answer === '') throw new AppError('USAGE', 'The App API key is required.')
    keyConnection(flags, answer, tools)
  }
  process.stderr.write(`In Customer.io: ${WHERE}\n`)
  const question = { text: 'App API key (input is hidden)', isHidden: true, check }
  for (let count = 0; count < MAX_KEYS; count++) {
    const key = await ask(question, signal)
    const found = await tryKey(flags, key, tools)
    if (found.code !== 'UNAUTHORIZED') return { key, region: await regionOf(flags, found, signal) }
  }
  throw new AppError('UNAUTHORIZED', `Customer.io refused ${MAX_KEYS} keys. No file was written.`, {
    hint: `Create an App API key in ${WHERE}, then start init again.`,
  })
}

/** Without questions: the variable, and the region of its key where that can be found. */
export async function locateKey(flags: InitFlags, tools: KeyTools): Promise<LocatedKey> {
  const unknown = { key: KEY_REFERENCE, region: flags.region }
  if (flags.region !== undefined) return unknown
  if (!isKeySet(tools.context)) {
    process.stderr.write(`${KEY_VARIABLE} is not set, so the key was not checked.\n`)
    return unknown
  }
  const found = await tryKey(flags, KEY_REFERENCE, tools)
  if (!isLocated(found) && flags.apiUrl === undefined)
    process.stderr.write(`The file says region ${found.region}. Set another one with --region.\n`)
  return { key: KEY_REFERENCE, region: found.region }
}
