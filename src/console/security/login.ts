/** Logs in by a link or a password. Only passwords have limited attempts: a token is 256 bits. */

import { SECOND_MS } from '../../time.ts'
import { ApiError } from '../api/problems.ts'
import type { Client } from './client-address.ts'
import type { HashQueue } from './hash-queue.ts'
import type { LoginLimit } from './login-limit.ts'
import type { LoginLinks } from './login-links.ts'
import { isPassword } from './password.ts'
import type { NewSession, Sessions } from './sessions.ts'

export interface LoginParts {
  sessions: Sessions
  links: LoginLinks
  limit: LoginLimit
  hashes: HashQueue
  passwordPath: string
  now: () => number
}

export type Credentials = { token: string } | { password: string }

/** When to try again while others wait. */
const FULL_WAIT_MS = 5 * SECOND_MS

function tooMany(sentence: string, waitMs: number): ApiError {
  const seconds = Math.ceil(waitMs / SECOND_MS)
  return new ApiError('TOO_MANY_LOGINS', sentence, {
    hint: `Wait ${seconds} s.`,
    headers: { 'retry-after': String(seconds) },
  })
}

function refused(credentials: Credentials): ApiError {
  return 'token' in credentials
    ? new ApiError('LOGIN_REFUSED', 'This link was used before, or it has expired.', {
        hint: 'Use the newest link in the terminal of the console, or the password.',
      })
    : new ApiError('LOGIN_REFUSED', 'The password is wrong, or none is set.')
}

async function isRightPassword(
  { limit, hashes, passwordPath, now }: LoginParts,
  password: string,
  client: Client,
): Promise<boolean> {
  const waitMs = limit.waitMs(client, now())
  if (waitMs > 0) throw tooMany('Too many failed logins.', waitMs)
  if (hashes.isFull) throw tooMany('Too many logins at once.', FULL_WAIT_MS)
  limit.fail(client, now())
  const isRight = await hashes.run(async () => isPassword(passwordPath, password))
  if (isRight) limit.succeed(client)
  return isRight
}

/** Creates a session. Throws LOGIN_REFUSED, and TOO_MANY_LOGINS when the client must wait. */
export async function logIn(
  parts: LoginParts,
  credentials: Credentials,
  client: Client,
): Promise<NewSession> {
  const { sessions, links, now } = parts
  // From before the check: a password that is changed meanwhile ends this session too.
  const { epoch } = sessions
  const isRight =
    'token' in credentials
      ? links.use(credentials.token, { nowMs: now(), epoch })
      : await isRightPassword(parts, credentials.password, client)
  if (!isRight) throw refused(credentials)
  return sessions.create(now(), epoch)
}
