/**
 * Rules for some of the requests: faults that replace responses, and hooks that run before them.
 */

import type { Delivery } from './deliver.ts'
import type { Reply } from './reply.ts'
import type { RequestRecord } from './requests.ts'

/** A pattern is matched against path and query, for example `/v1/newsletters?limit=100`. */
type Match = RegExp | ((request: RequestRecord) => boolean)

/**
 * Which requests a rule applies to. Requests with a wrong key or over the rate limit never match.
 */
export interface Rule {
  /** @default every request */
  match?: Match
  /** Matching requests to skip first. @default 0 */
  after?: number
  /** Matching requests to apply to after that. @default Infinity */
  times?: number
}

/** What goes wrong. Faults can be combined: `{ ...compressed('gzip'), ...cut(10) }`. */
export interface Answer {
  /** Delay before anything is sent. @default 0 */
  delayMs?: number
  /** Changes the real reply. */
  reply?: (original: Reply, request: RequestRecord) => Reply
  /** How to send the reply, if not whole and at once. */
  deliver?: Delivery
}

/** A fault and its requests. The first fault that applies answers the request. */
export interface Fault extends Rule {
  respond: Answer
}

/**
 * Runs before the workspace is read, and delays the response until it ends. All matching hooks run
 * in order.
 */
export interface Hook extends Rule {
  act: (request: RequestRecord) => void | Promise<void>
}

/** An added rule. Both counts may be reset. */
export interface ActiveRule<R extends Rule> {
  readonly rule: R
  /** Number of requests that matched. */
  matched: number
  /** Number of requests it was applied to. */
  applied: number
  remove: () => void
}

export interface RuleList<R extends Rule> {
  add: (rule: R) => ActiveRule<R>
  clear: () => void
  /**
   * Counts the request in every matching rule and returns the rules that apply. The caller counts
   * `applied`.
   */
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
