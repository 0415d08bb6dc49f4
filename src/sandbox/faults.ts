/** Rules that apply to some of the requests: faults instead of answers, and hooks just before one. */

import type { Delivery } from './deliver.ts'
import type { Reply } from './reply.ts'
import type { RequestRecord } from './requests.ts'

/** A pattern is searched in path and query, e.g. `/v1/newsletters?limit=100`. */
export type Match = RegExp | ((request: RequestRecord) => boolean)

/** Which requests a rule is for. Those refused for their key or the rate limit never meet a rule. */
export interface Rule {
  /** @default every request */
  match?: Match
  /** Matching requests that pass before the rule applies. @default 0 */
  after?: number
  /** Matching requests that it then applies to. @default Infinity */
  times?: number
}

/** What goes wrong. Parts may be joined: `{ ...compressed('gzip'), ...cut(10) }`. */
export interface Answer {
  /** Waits before anything is sent. @default 0 */
  delayMs?: number
  /** Changes the genuine reply. */
  reply?: (genuine: Reply, request: RequestRecord) => Reply
  /** Sends the reply otherwise than whole and at once. */
  deliver?: Delivery
}

/** The first added rule that applies answers the request. */
export interface Fault extends Rule {
  respond: Answer
}

/** Runs before the workspace is read for the answer, which waits for it. All that apply run, in the order added. */
export interface Hook extends Rule {
  act: (request: RequestRecord) => void | Promise<void>
}

/** A rule at work. Both counts may be set back. */
export interface ActiveRule<R extends Rule> {
  readonly rule: R
  /** Requests that matched so far. */
  matched: number
  /** Requests that it was applied to so far. */
  applied: number
  remove: () => void
}

export interface RuleList<R extends Rule> {
  add: (rule: R) => ActiveRule<R>
  clear: () => void
  /** Counts the request in every rule that it matches, and returns those that apply to it. The caller counts `applied`. */
  due: (request: RequestRecord) => ActiveRule<R>[]
}

function isMatch(match: Match | undefined, request: RequestRecord): boolean {
  if (!match) return true
  return typeof match === 'function' ? match(request) : request.target.search(match) !== -1
}

/** An empty list of rules. */
export function makeRuleList<R extends Rule>(): RuleList<R> {
  const active = new Set<ActiveRule<R>>()
  return {
    add(rule) {
      const added: ActiveRule<R> = {
        rule,
        matched: 0,
        applied: 0,
        remove: () => active.delete(added),
      }
      active.add(added)
      return added
    },
    clear: () => active.clear(),
    due(request) {
      const due: ActiveRule<R>[] = []
      for (const one of active) {
        if (!isMatch(one.rule.match, request)) continue
        one.matched++
        const { after = 0, times = Number.POSITIVE_INFINITY } = one.rule
        if (one.matched > after && one.applied < times) due.push(one)
      }
      return due
    },
  }
}
