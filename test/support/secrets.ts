/**
 * Finds leaked secrets in the output of a program, in files that it wrote and in arguments of its
 * children.
 */

import assert from 'node:assert/strict'
import { readdirSync, readFileSync, statSync } from 'node:fs'
import { dirname, join, resolve } from 'node:path'

/** Default key of a sandbox. No program may ever print it. */
const SANDBOX_KEY = 'sandbox-app-api-key'
/** Shorter strings, and ordinary ones like these, appear in outputs by chance. */
const MIN_LENGTH = 8
const ORDINARY = new Set(['postgres', 'password'])
const ARGV_EVERY_MS = 100

/** How a program was started. */
export interface Started {
  args: readonly string[]
  cwd: string
  env: Readonly<Record<string, string>>
}

/**
 * Base64 of the string at each alignment inside a longer one, without characters that depend on its
 * neighbors.
 */
function base64Forms(text: string): string[] {
  const bytes = Buffer.from(text)
  return [0, 1, 2].map((offset) => {
    const encoded = Buffer.concat([Buffer.alloc(offset), bytes]).toString('base64')
    const last = Math.floor(((offset + bytes.length) * 8) / 6)
    return encoded.slice(Math.ceil((offset * 8) / 6), last)
  })
}

/** The forms in which a secret is searched for. */
export function formsOf(secret: string): string[] {
  const base64 = base64Forms(secret)
  const hex = Buffer.from(secret).toString('hex')
  // A lone surrogate has no UTF-8, so it cannot be percent-encoded as it is.
  const url = encodeURIComponent(Buffer.from(secret).toString())
  return [
    secret,
    JSON.stringify(secret).slice(1, -1),
    url,
    url.replace(/%../g, (code) => code.toLowerCase()),
    hex,
    hex.toUpperCase(),
    ...base64,
    ...base64.map((form) => form.replaceAll('+', '-').replaceAll('/', '_')),
  ]
}

/** The string with percent-escapes decoded, if they are valid. */
function unescape(text: string): string {
  try {
    return decodeURIComponent(text)
  } catch {
    return text
  }
}

/**
 * The password in a URL, even an invalid one. When a parser would change it, its longest usable
 * parts.
 */
function passwordIn(text: string): string[] {
  if (!text.includes('://')) return []
  const raw = /^[^:]*:\/\/[^:@/]*:(.*)@/s.exec(text)?.[1] ?? ''
  const parts = raw.split(/[\p{Cc}\p{Cs}]|%00/u)
  const parsed = URL.canParse(text) ? new URL(text).password : ''
  return [raw, ...parts, parsed, unescape(parsed)].filter((part) => part !== '')
}

function secretsIn(value: unknown, name = ''): string[] {
  if (typeof value === 'string') {
    if (!/(?:api_key|secret)$/i.test(name)) return passwordIn(value)
    // A reference is not a secret. Parts around an unusable character are secrets themselves.
    return value.startsWith('${') ? [] : [value.trim(), ...value.split(/[\p{Cc}\p{Cs}]/u)]
  }
  if (typeof value !== 'object' || value === null) return []
  return Object.entries(value).flatMap(([key, member]) => secretsIn(member, key))
}

/** Paths of settings files in the arguments. */
function settingsFiles({ args, cwd }: Started): string[] {
  const paths = args.flatMap((arg, at) => {
    const joined = /^--(?:config|connection)=(.+)$/.exec(arg)?.[1]
    if (joined !== undefined) return [joined]
    const next = args[at + 1]
    return /^(--config|--connection|-c)$/.test(arg) && next !== undefined ? [next] : []
  })
  return paths.filter((path) => path !== 'ENV').map((path) => resolve(cwd, path))
}

/** The secrets that a program was given in settings files and environment variables. */
export function secretsGiven(started: Started): string[] {
  const found = settingsFiles(started).flatMap((path) => {
    try {
      return secretsIn(JSON.parse(readFileSync(path, 'utf8')))
    } catch {
      return [] // missing or broken on purpose
    }
  })
  const all = [SANDBOX_KEY, ...found, ...secretsIn(started.env)]
  return [...new Set(all)].filter((text) => text.length >= MIN_LENGTH && !ORDINARY.has(text))
}

/** Fails when a place has one of the secrets in any form. */
export function assertNoSecrets(
  secrets: readonly string[],
  places: Iterable<readonly [place: string, content: string | Buffer]>,
): void {
  const forms = [...new Set(secrets.flatMap(formsOf))]
  for (const [place, content] of places) {
    for (const form of forms) assert.ok(!content.includes(form), `${place} contains a secret`)
  }
}

/** The result of `look`, or nothing when the file is gone: other processes may still be running. */
function ifThere<T>(look: () => T): T[] {
  try {
    return [look()]
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return []
    throw error
  }
}

/** Modification times of files below a folder, by path. */
function filesBelow(folder: string): Map<string, number> {
  const [entries = []] = ifThere(() =>
    readdirSync(folder, { recursive: true, withFileTypes: true }),
  )
  const paths = entries
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name))
  return new Map(paths.flatMap((path) => ifThere(() => [path, statSync(path).mtimeMs] as const)))
}

/** Arguments of a process and its descendants (Linux only). */
function argumentsOf(pid: number): string[] {
  try {
    const children = readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8')
    const below = children.split(' ').filter(Boolean).map(Number)
    return [readFileSync(`/proc/${pid}/cmdline`, 'utf8'), ...below.flatMap(argumentsOf)]
  } catch {
    return [] // ended meanwhile
  }
}

/** Documents that the console writes for its user, with the secrets that they hold. */
const DOCUMENT = /\/(?:connections|destinations|drafts)\/[^/]+\.json$|\/connection\.json$/

/**
 * Watches one program. `finish` fails when one of its secrets is in its output, a file it wrote or
 * an argument.
 */
export function watchSecrets(pid: number | undefined, started: Started & { root: string }) {
  const secrets = secretsGiven(started)
  const given = settingsFiles(started)
  const isDocument = (path: string) => started.args[0] === 'console' && DOCUMENT.test(path)
  const folders = new Set(
    [...given.map(dirname), started.cwd].filter((one) => one !== started.root),
  )
  const before = new Map([...folders].flatMap((folder) => [...filesBelow(folder)]))
  const commands = new Set<string>()
  const look = () => {
    if (pid !== undefined) for (const command of argumentsOf(pid)) commands.add(command)
  }
  const timer = setInterval(look, ARGV_EVERY_MS).unref()
  look()
  return {
    finish: (output: { stdout: string; stderr: string }) => {
      clearInterval(timer)
      const written = [...folders]
        .flatMap((folder) => [...filesBelow(folder)])
        .filter(([path, at]) => !given.includes(path) && before.get(path) !== at)
        .filter(([path]) => !isDocument(path))
      assertNoSecrets(secrets, [
        ['stdout', output.stdout],
        ['stderr', output.stderr],
        ...[...commands].map((command) => ['an argument', command] as const),
        ...written.flatMap(([path]) => ifThere(() => [path, readFileSync(path)] as const)),
      ])
    },
  }
}
