/** Runs the tap against a sandbox in the bench process. */

import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { measure, type Measured, type MeasureOptions } from './bench.ts'

export const TAP = fileURLToPath(new URL('../../bin/tap-customerio.js', import.meta.url))

export interface TapRun extends MeasureOptions {
  settings: Record<string, unknown>
  /** The STATE to resume from. */
  state?: string
}

/** Runs the tap to its end, whatever its exit status. */
export async function measureTap({ settings, state, ...options }: TapRun): Promise<Measured> {
  const folder = await mkdtemp(join(tmpdir(), 'bench-'))
  try {
    const config = join(folder, 'config.json')
    await writeFile(config, JSON.stringify(settings))
    const args = [TAP, '--config', config]
    if (state !== undefined) {
      const path = join(folder, 'state.json')
      await writeFile(path, state)
      args.push('--state', path)
    }
    return await measure(process.execPath, args, options)
  } finally {
    await rm(folder, { recursive: true })
  }
}
