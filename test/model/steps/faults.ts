/** Faults by name, so that a failing sequence is readable and can be repeated. */

import * as answers from '../../../src/sandbox/api/answers.ts'
import type { Answer } from '../../../src/sandbox/api/faults.ts'

/** The tap detects each of these: it retries the request, or the stream fails. */
const FAULTS = {
  'status 408': () => answers.errorStatus(408),
  'status 500': () => answers.errorStatus(500),
  'status 503 as HTML': () => answers.htmlPage(503),
  'status 524': () => answers.errorStatus(524),
  'status 400': () => answers.errorStatus(400),
  'status 401': () => answers.errorStatus(401),
  'status 403': () => answers.errorStatus(403),
  'status 404': () => answers.errorStatus(404),
  'status 501': () => answers.errorStatus(501),
  'a reset before the head': () => answers.reset('nothing'),
  'a reset in the head': () => answers.reset('half-head'),
  'a reset in the body': () => answers.reset(20),
  'a body shorter than its length': () => answers.cut(20, 'length'),
  'a body without its last byte': () => answers.cut(30, 'length'),
  'chunks without an end': () => answers.cut(Number.POSITIVE_INFINITY, 'chunked'),
  'a body that the connection cuts': () => answers.cut(20, 'close'),
  'HTML with status 200': () => answers.htmlPage(200),
  'an empty body': () => answers.replyWith({}),
  'status 204': () => answers.replyWith({ status: 204 }),
  'errors with status 200': () => answers.errorStatus(200),
  'no data key': () => answers.dataAs(undefined),
  'an object in place of the list': () => answers.dataAs({}),
  'an object as the next cursor': () => answers.nextAs({ page: 2 }),
  'an invalid gzip encoding': () => answers.compressed('identity', 'gzip'),
  'a redirect': () => answers.redirect(307, 'http://127.0.0.1:1/'),
  'a cursor that is repeated': () => answers.repeatedCursor(1),
  'a cycle of two cursors': () => answers.repeatedCursor(2),
  'the same rows without end': () => answers.endlessCursors('same'),
  'empty pages without end': () => answers.endlessCursors('none'),
  'silence after half a body': () => answers.hang(20),
} as const satisfies Record<string, () => Answer>

/** Valid responses in unusual forms. */
const HARMLESS = {
  gzip: () => answers.compressed('gzip'),
  brotli: () => answers.compressed('br'),
  'slow bytes': () => answers.slow(400, 1),
} as const satisfies Record<string, () => Answer>

export const EVERY_FAULT: Readonly<Record<string, () => Answer>> = { ...FAULTS, ...HARMLESS }
