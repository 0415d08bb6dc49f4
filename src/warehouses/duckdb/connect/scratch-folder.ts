/**
 * A folder for temporary files and sockets. Its process listens on a socket in it, which the system
 * closes when the process ends, however that happens. So the next process knows whether it may
 * remove a folder that is still there. A socket cannot be reached from another system that shares
 * the folder, such as a container with a kernel of its own. So the name of the folder says of which
 * system it is, and each removes only its own. The folders of a system that was restarted stay.
 */

import { createHash } from 'node:crypto'
import { once } from 'node:events'
import { lstatSync, mkdtempSync, readdirSync, readFileSync, renameSync, rmSync } from 'node:fs'
import { connect, createServer, type Server } from 'node:net'
import { hostname, tmpdir } from 'node:os'
import { join } from 'node:path'

const SOCKET = 'alive'
/** The socket until its process listens: before, it refuses connections like one that was left. */
const NEW_SOCKET = 'new'
/** Names a system among those that share a folder. */
const SYSTEM_DIGITS = 8
const MAX_PARENT_LENGTH = 56
/** A folder without a socket is new, or its process was killed before it listened. */
const NEW_MS = 3_600_000
/** On Windows, sockets are not files. */
const HAS_SOCKETS = process.platform !== 'win32'

export interface ScratchFolder {
  path: string
  /** Removes it with everything in it. */
  remove: () => void
}

/** Each start of a kernel chooses another one. Containers that share the kernel share it too. */
function systemId(): string {
  try {
    return readFileSync('/proc/sys/kernel/random/boot_id', 'utf8')
  } catch {
    return hostname()
  }
}

/** What the names of this system's folders begin with. */
function ownPrefix(): string {
  const system = createHash('sha256').update(systemId()).digest('hex').slice(0, SYSTEM_DIGITS)
  return `target-warehouse-${system}-`
}

/** The path of a socket has about 100 bytes at most. */
function parentFolder(): string {
  return tmpdir().length > MAX_PARENT_LENGTH ? '/tmp' : tmpdir()
}

function codeOf(error: unknown): unknown {
  return error instanceof Error && 'code' in error ? error.code : undefined
}

/** The code of the failure to connect; undefined when a process listens. */
async function connectFailure(path: string): Promise<unknown> {
  const socket = connect({ path })
  try {
    await once(socket, 'connect')
    return undefined
  } catch (error) {
    return codeOf(error)
  } finally {
    socket.destroy()
  }
}

/** False for a folder of another user, and for a link to a folder. */
function isOwnFolder(path: string): boolean {
  const stat = lstatSync(path)
  return stat.isDirectory() && stat.uid === process.getuid?.()
}

async function isAbandoned(path: string): Promise<boolean> {
  if (!isOwnFolder(path)) return false
  const failure = await connectFailure(join(path, SOCKET))
  if (failure === 'ENOENT') return Date.now() - lstatSync(path).mtimeMs > NEW_MS
  return failure === 'ECONNREFUSED'
}

function foldersIn(parent: string): string[] {
  try {
    const prefix = ownPrefix()
    return readdirSync(parent).filter((name) => name.startsWith(prefix))
  } catch {
    // Some systems let nobody list it.
    return []
  }
}

/** Never throws: another process may remove the same folder at the same time. */
async function removeAbandoned(parent: string): Promise<void> {
  for (const name of foldersIn(parent)) {
    const path = join(parent, name)
    try {
      if (await isAbandoned(path)) rmSync(path, { recursive: true, force: true })
    } catch {
      // It is gone already, or cannot be read. It harms nothing.
    }
  }
}

async function listen(folder: string): Promise<Server> {
  const server = createServer((socket) => socket.destroy())
  server.listen(join(folder, NEW_SOCKET))
  await once(server, 'listening')
  renameSync(join(folder, NEW_SOCKET), join(folder, SOCKET))
  return server.unref()
}

/** Creates a folder that only this user can read. Removes those of processes that were killed. */
export async function createScratchFolder(): Promise<ScratchFolder> {
  const parent = parentFolder()
  if (HAS_SOCKETS) await removeAbandoned(parent)
  const path = mkdtempSync(join(parent, ownPrefix()))
  const server = HAS_SOCKETS ? await listen(path) : undefined
  const remove = (): void => {
    rmSync(path, { recursive: true, force: true })
    server?.close()
  }
  return { path, remove }
}
