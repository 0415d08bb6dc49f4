/** Checks who can read the files of a connection, when they hold secrets. */

import { stat } from 'node:fs/promises'
import { readJsonFile } from '../../json-file.ts'
import { shellQuoted } from '../../shell-quoted.ts'
import type { JsonObject, JsonValue } from '../../singer/json.ts'
import { secretsInUrl, secretsInWebhook } from '../../urls/url-secrets.ts'
import type { Connection } from '../connection/connection.ts'
import { objectOf } from '../connection/sections.ts'
import { ok, warning, type Finding } from './finding.ts'

/** Mode bits that let the group or others access a file. */
const OTHERS_MASK = 0o077
/** `${NAME}`, but not the literal `$${NAME}`. */
const REFERENCE = /(?<!\$)\$\{[^}]*\}/g

async function canOthersRead(path: string): Promise<boolean> {
  const { mode } = await stat(path)
  return (mode & OTHERS_MASK) !== 0
}

/** What the file itself says: nothing for a reference to a variable. */
function plainText(value: JsonValue | undefined): string {
  return typeof value === 'string' ? value.replaceAll(REFERENCE, '') : ''
}

/** The secrets that a document holds as plain text, in words. Pure. */
export function plainSecrets(document: JsonObject): string[] {
  const [source, destination, notify] = ['source', 'destination', 'notify'].map((name) =>
    objectOf(document[name]),
  )
  // A shared destination has the settings at the top.
  const urls = [source?.['api_url'], destination?.['warehouse_url'], document['warehouse_url']]
  const found: [what: string, isHeld: boolean][] = [
    ['the key', plainText(source?.['app_api_key']) !== ''],
    ['a password', urls.some((url) => secretsInUrl(plainText(url)).length > 0)],
    ['the secret of the webhook', plainText(notify?.['secret']) !== ''],
    ['the URL of the webhook', secretsInWebhook(plainText(notify?.['url'])).length > 0],
  ]
  return found.flatMap(([what, isHeld]) => (isHeld ? [what] : []))
}

async function exposureOf(path: string): Promise<Finding[]> {
  if (!(await canOthersRead(path))) return []
  const secrets = plainSecrets(await readJsonFile(path, 'connection'))
  if (secrets.length === 0) return []
  const message = `Other users can read ${path}, which holds ${secrets.join(' and ')}. Run: chmod 600 ${shellQuoted(path)}`
  return [warning('file', message)]
}

/** One warning for each file with a secret that other users can read, otherwise one finding. */
export async function checkFiles({ path, sharedDestinationPath }: Connection): Promise<Finding[]> {
  const paths = [path, ...(sharedDestinationPath === undefined ? [] : [sharedDestinationPath])]
  const findings = (await Promise.all(paths.map(exposureOf))).flat()
  return findings.length > 0 ? findings : [ok('file', `${path} is a valid connection file.`)]
}
