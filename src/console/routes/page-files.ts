/**
 * The files of the page, in memory. A path is only looked up, so no path can leave the folder. Own
 * code: a plugin for static files would read paths of requests from the disk.
 */

import { createHash } from 'node:crypto'
import { readdir, readFile } from 'node:fs/promises'
import { extname, join, relative, sep } from 'node:path'
import { fileURLToPath } from 'node:url'
import { hasCode } from '../../runner/connection/data-file.ts'

export interface PageFile {
  type: string
  body: Buffer
  etag: string
  /** Whether its name changes with its content. */
  isHashed: boolean
}

const TYPES: Readonly<Record<string, string>> = {
  '.css': 'text/css; charset=utf-8',
  '.html': 'text/html; charset=utf-8',
  '.ico': 'image/x-icon',
  '.js': 'text/javascript; charset=utf-8',
  '.json': 'application/json',
  '.png': 'image/png',
  '.svg': 'image/svg+xml',
  '.webmanifest': 'application/manifest+json',
  '.woff2': 'font/woff2',
}

/** Where the build of the page is: dist/page. */
const PAGE_FOLDER = fileURLToPath(new URL('../../../page/', import.meta.url))

async function readPageFile(path: string, url: string): Promise<[string, PageFile] | undefined> {
  const type = TYPES[extname(path)]
  if (type === undefined) return undefined
  const body = await readFile(path)
  const etag = `"${createHash('sha256').update(body).digest('base64url').slice(0, 22)}"`
  return [url, { type, body, etag, isHashed: url.startsWith('/assets/') }]
}

/** By the path of the URL. Empty when the build has no page. */
export async function readPageFiles(folder = PAGE_FOLDER): Promise<Map<string, PageFile>> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true }).catch(
    (error: unknown) => {
      if (hasCode(error, 'ENOENT')) return []
      throw error
    },
  )
  const files = await Promise.all(
    entries
      .filter((entry) => entry.isFile())
      .map(async (entry) => {
        const path = join(entry.parentPath, entry.name)
        return readPageFile(path, `/${relative(folder, path).split(sep).join('/')}`)
      }),
  )
  return new Map(files.filter((file) => file !== undefined))
}
