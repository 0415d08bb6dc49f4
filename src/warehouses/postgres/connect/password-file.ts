/** The password file of libpq: `host:port:database:user:password` lines, `*` matches anything, `\` stands before `:` and `\`. */

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
  // Sockets in the standard places are called localhost there.
  const wanted = [host.startsWith('/') ? 'localhost' : host, String(port), database, user]
  for (const line of text.split(/\r?\n/)) {
    if (line === '' || line.startsWith('#')) continue
    const fields = fieldsOf(line)
    const isMatch = wanted.every((value, at) => fields[at] === '*' || fields[at] === value)
    if (isMatch) return fields[4]
  }
  return undefined
}

/** True where others may read the file: libpq ignores it then. Windows has no such bits. */
async function isPublic(path: string): Promise<boolean> {
  if (process.platform === 'win32') return false
  const { mode } = await stat(path)
  return (mode & 0o077) !== 0
}

/** The password of the account, from the file in PGPASSFILE or ~/.pgpass; undefined without one. */
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
