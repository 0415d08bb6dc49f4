/** Logs in by a link or a password, with limited attempts. */

import { SECOND_MS } from '../../time.ts'
import { ApiError } from '../api/problems.ts'
import type { LoginLimit } from './login-limit.ts'
import type { LoginLinks } from './login-links.ts'
import { isPassword } from './password.ts'
import type { NewSession, Sessions } from './sessions.ts'

export interface LoginParts {
  sessions: Sessions
  links: LoginLinks
  limit: LoginLimit
  passwordPath: string
  now: () => number
  /** Called after each login. */
  onLogin: () => void
}

export type Credentials = { token: string } | { password: string }

/** Hashing takes 32 MiB and a core, so attempts are hashed one after the other. */
let lastHash: Promise<unknown> = Promise.resolve()

async function isPasswordInTurn(path: string, password: string): Promise<boolean> {
  const turn = lastHash.catch(() => undefined).then(async () => isPassword(path, password))
  lastHash = turn
  return turn
}

function tooMany(waitMs: number): ApiError {
  const seconds = Math.ceil(waitMs / SECOND_MS)
  return new ApiError('TOO_MANY_LOGINS', 'Too many failed logins.', {
    hint: `Wait ${seconds} s.`,
    headers: { 'retry-after': String(seconds) },
  })
}

function refused(credentials: Credentials): ApiError {
  return 'token' in credentials
    ? new ApiError('LOGIN_REFUSED', 'This link was used before, or it has expired.', {
        hint: 'The terminal of the console shows the next link.',
      })
    : new ApiError('LOGIN_REFUSED', 'The password is wrong, or none is set.')
}

/** Creates a session. Throws LOGIN_REFUSED, and TOO_MANY_LOGINS when the address must wait. */
export async function logIn(
  { sessions, links, limit, passwordPath, now, onLogin }: LoginParts,
  credentials: Credentials,
  address: string,
): Promise<NewSession> {
  const waitMs = limit.waitMs(address, now())
  if (waitMs > 0) throw tooMany(waitMs)
  limit.fail(address, now())
  const isRight =
    'token' in credentials
      ? links.use(credentials.token, now())
      : await isPasswordInTurn(passwordPath, credentials.password)
  if (!isRight) throw refused(credentials)
  limit.succeed(address)
  onLogin()
  return sessions.create(now())
}
