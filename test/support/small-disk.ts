/** A small file system for tests of full disks. */

import { spawnSync } from 'node:child_process'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Scope } from './programs.ts'

export interface SmallDisk {
  folder: string
  /** Resizes it, in megabytes. */
  resize: (megabytes: number) => void
}

/** Mounts a disk of this many megabytes. Undefined without root, which mounting needs. */
export async function smallDisk(t: Scope, megabytes: number): Promise<SmallDisk | undefined> {
  const folder = await mkdtemp(join(tmpdir(), 'test-'))
  t.after(async () => {
    spawnSync('umount', [folder])
    await rm(folder, { recursive: true, force: true })
  })
  const mounted = spawnSync('mount', ['-t', 'tmpfs', '-o', `size=${megabytes}m`, 'tmpfs', folder])
  if (mounted.status !== 0) return undefined
  return {
    folder,
    resize: (size) => {
      const { status, stderr } = spawnSync('mount', ['-o', `remount,size=${size}m`, folder])
      if (status !== 0) throw new Error(`remount failed: ${String(stderr)}`)
    },
  }
}
