/**
 * The password file of libpq: lines of `host:port:database:user:password`, where `*` matches
 * anything and a backslash escapes `:` and itself. Our own code, because pgpass 1.0.5 differs from
 * libpq: it returns the last of several matching lines, skips lines of fewer than 11 characters,
 * misreads an escaped backslash before a colon, keeps what follows an unescaped colon in the
 * password, and prints warnings. libpq's rules:
 * https://www.postgresql.org/docs/current/libpq-pgpass.html
 */

import { readFile, stat } from 'node:fs/promises'
import { homedir } from 'node:os'
import { join } from 'node:path'

export interface Account {
  host: string
  port: number
  database: string
  user: string
}

function fieldsOf(line: string): string[] {
  const fields = line.match(/(?:\\.|[^:\\])*(?::|$)/gsu) ?? []
  return fields.map((field) => field.replace(/:$/, '').replaceAll(/\\(.)/gsu, '$1'))
}

function passwordIn(text: string, { host, port, database, user }: Account): string | undefined {
  // The file calls a Unix socket localhost.
  const wanted = [host.startsWith('/') ? 'localhost' : host, String(port), database, user]
  for (const line of text.split(/\r?\n/)) {
    if (line === '' || line.startsWith('#')) continue
    const fields = fieldsOf(line)
    const isMatch = wanted.every((value, at) => fields[at] === '*' || fields[at] === value)
    if (isMatch) return fields[4]
  }
  return undefined
}

/**
 * True when others may read the file, which libpq then ignores. Windows has no such permission
 * bits.
 */
async function isPublic(path: string): Promise<boolean> {
  if (process.platform === 'win32') return false
  const { mode } = await stat(path)
  return (mode & 0o077) !== 0
}

/**
 * The password of the account, by the first matching line of the file in PGPASSFILE, else
 * ~/.pgpass. Undefined when no line matches, or when the file cannot be used.
 */
export async function findPassword(
  account: Account,
  env: NodeJS.ProcessEnv,
): Promise<string | undefined> {
  const path = env['PGPASSFILE'] ?? join(env['HOME'] ?? homedir(), '.pgpass')
  try {
    if (await isPublic(path)) return undefined
    return passwordIn(await readFile(path, 'utf8'), account)
  } catch {
    return undefined
  }
}
