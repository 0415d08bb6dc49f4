/**
 * Preloaded into a program and, through NODE_OPTIONS, into its children: each appends what it used
 * to the file in CPU_FILE as it ends.
 */

import { appendFileSync } from 'node:fs'

const path = process.env['CPU_FILE']

process.on('exit', () => {
  const { user, system } = process.cpuUsage()
  const line = { args: process.argv.slice(1), seconds: (user + system) / 1e6 }
  if (path !== undefined) appendFileSync(path, `${JSON.stringify(line)}\n`)
})
