/** Keeps a link in the terminal that works, unless a password is set. */

import type { Clock } from '../../runner/scheduler/clock.ts'
import { MINUTE_MS } from '../../time.ts'
import type { LoginLinks } from './login-links.ts'
import type { Sessions } from './sessions.ts'

const LOOK_EVERY_MS = MINUTE_MS

export interface TerminalLinkOptions {
  links: LoginLinks
  sessions: Pick<Sessions, 'epoch' | 'refresh'>
  hasPassword: () => Promise<boolean>
  clock: Clock
}

export class TerminalLink {
  readonly #options: TerminalLinkOptions
  /** The newest one that was shown. */
  #shown: { expiresAtMs: number; epoch: string } | undefined

  constructor(options: TerminalLinkOptions) {
    this.#options = options
  }

  /** The token to show next. Undefined when a password is set: no link is needed then. */
  async next(): Promise<string | undefined> {
    const { links, sessions, hasPassword, clock } = this.#options
    if (await hasPassword()) return undefined
    const { epoch } = sessions
    const { token, expiresAtMs } = links.create({ nowMs: clock.now(), epoch })
    this.#shown = { expiresAtMs, epoch }
    return token
  }

  /** Shows the next token whenever the last one has expired. Returns when the signal is aborted. */
  async follow(show: (token: string) => void, signal: AbortSignal): Promise<void> {
    const { clock } = this.#options
    for (;;) {
      await clock.sleep(LOOK_EVERY_MS, signal)
      if (signal.aborted) return
      // A file that cannot be read now is looked at again.
      const token = await this.#nextIfNeeded().catch(() => undefined)
      if (token !== undefined) show(token)
    }
  }

  async #nextIfNeeded(): Promise<string | undefined> {
    const { sessions, clock } = this.#options
    await sessions.refresh()
    const { expiresAtMs, epoch } = this.#shown ?? { expiresAtMs: 0, epoch: '' }
    const isUsable = clock.now() < expiresAtMs && epoch === sessions.epoch
    return isUsable ? undefined : this.next()
  }
}
