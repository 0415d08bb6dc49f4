/**
 * A folder for temporary files and sockets. Its process listens on a socket in it, which the system
 * closes when the process ends, however that happens. So the next process knows whether it may
 * remove a folder that is still there.
 */

import { once } from 'node:events'
import { lstatSync, mkdtempSync, readdirSync, rmSync } from 'node:fs'
import { connect, createServer, type Server } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

const PREFIX = 'target-warehouse-'
const SOCKET = 'alive'
const MAX_PARENT_LENGTH = 64
/** A folder without a socket is new, or its process was killed before it listened. */
const NEW_MS = 3_600_000
/** On Windows, sockets are not files. */
const HAS_SOCKETS = process.platform !== 'win32'

export interface ScratchFolder {
  path: string
  /** Removes it with everything in it. */
  remove: () => void
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
    return readdirSync(parent).filter((name) => name.startsWith(PREFIX))
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

async function listen(path: string): Promise<Server> {
  const server = createServer((socket) => socket.destroy())
  server.listen(path)
  await once(server, 'listening')
  return server.unref()
}

/** Creates a folder that only this user can read. Removes those of processes that were killed. */
export async function createScratchFolder(): Promise<ScratchFolder> {
  const parent = parentFolder()
  if (HAS_SOCKETS) await removeAbandoned(parent)
  const path = mkdtempSync(join(parent, PREFIX))
  const server = HAS_SOCKETS ? await listen(join(path, SOCKET)) : undefined
  const remove = (): void => {
    rmSync(path, { recursive: true, force: true })
    server?.close()
  }
  return { path, remove }
}
