/** Opens the console in the browser of this machine. */

import { spawn } from 'node:child_process'
import { mkdir, rm } from 'node:fs/promises'
import { dirname } from 'node:path'
import { replaceDataFile } from '../runner/connection/data-file.ts'

const OPENERS: Partial<Record<NodeJS.Platform, readonly string[]>> = {
  darwin: ['open'],
  win32: ['cmd', '/c', 'start', ''],
}
const OTHER_OPENER = ['xdg-open']

/**
 * Opens the link through a file that only its owner can read: every user can see the arguments of a
 * process, and the link logs in. Returns a function that removes the file. Never throws.
 * @param path of that file
 */
export async function openBrowser(
  url: string,
  path: string,
  onFailure: (sentence: string) => void,
): Promise<() => Promise<void>> {
  const html = `<!doctype html><meta charset="utf-8"><meta http-equiv="refresh" content="0; url=${url}"><title>Customer.io sync</title>\n`
  const fail = () => onFailure('No browser could be opened. Open the link manually.')
  const remove = async () => rm(path, { force: true }).catch(() => undefined)
  try {
    await mkdir(dirname(path), { recursive: true, mode: 0o700 })
    await replaceDataFile(path, html)
    const [command = '', ...args] = OPENERS[process.platform] ?? OTHER_OPENER
    const opener = spawn(command, [...args, path], { stdio: 'ignore', detached: true })
    opener.once('error', fail)
    opener.unref()
  } catch {
    fail()
  }
  return remove
}
