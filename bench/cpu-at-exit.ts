/**
 * Preloaded into a program and, through NODE_OPTIONS, into its children. Each process appends its
 * CPU time to CPU_FILE when it exits.
 */

import { appendFileSync } from 'node:fs'

const path = process.env['CPU_FILE']

process.on('exit', () => {
  const { user, system } = process.cpuUsage()
  const line = { args: process.argv.slice(1), seconds: (user + system) / 1e6 }
  if (path !== undefined) appendFileSync(path, `${JSON.stringify(line)}\n`)
})
