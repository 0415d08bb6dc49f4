/** What tests of documents share. */

import assert from 'node:assert/strict'
import { formsOf } from '../../support/secrets.ts'
import type { Client } from './console-process.ts'

/** The header If-Match for the version of a response. */
export function versionOf({
  headers,
}: {
  headers: Record<string, unknown>
}): Record<string, string> {
  return { 'if-match': String(headers['etag']) }
}

/** Fails when a body that arrived, or the output of the console, has one of the secrets. */
export function assertHidden(client: Client, output: string, secrets: readonly string[]): void {
  const all = [...client.texts, output].join('\n')
  for (const secret of secrets)
    for (const form of formsOf(secret)) assert.ok(!all.includes(form), `${secret} as ${form}`)
}
