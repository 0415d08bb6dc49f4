/**
 * Preloaded into customerio-sync: makes the start of one of its programs fail, as on a machine
 * without resources. `FAIL_SPAWN` is `CODE PATTERN`; the pattern matches the arguments of the
 * program.
 */

import { ChildProcess } from 'node:child_process'
import { closeSync, openSync } from 'node:fs'

interface SpawnOptions {
  file: string
  args: string[]
}
type Spawn = (this: ChildProcess, options: SpawnOptions) => unknown

const [code = '', pattern = ''] = (process.env['FAIL_SPAWN'] ?? '').split(' ')
const prototype = ChildProcess.prototype as unknown as { spawn: Spawn }
const real = prototype.spawn

/** Uses up all file descriptors while the program starts. */
function withoutDescriptors<T>(work: () => T): T {
  const descriptors: number[] = []
  try {
    for (;;) descriptors.push(openSync('/dev/null', 'r'))
  } catch {
    // no descriptor is left
  }
  try {
    return work()
  } finally {
    for (const fd of descriptors) closeSync(fd)
  }
}

prototype.spawn = function (options) {
  if (!new RegExp(pattern).test(options.args.join(' '))) return real.call(this, options)
  switch (code) {
    case 'EMFILE':
      return withoutDescriptors(() => real.call(this, options))
    case 'ENOENT':
      return real.call(this, { ...options, file: '/nowhere/node' })
    case 'EACCES':
      return real.call(this, { ...options, file: '/dev/null' })
    case 'E2BIG':
      return real.call(this, { ...options, args: [...options.args, 'x'.repeat(200_000)] })
    default:
      throw Object.assign(new Error(`spawn ${code}`), { code, syscall: 'spawn' })
  }
}
