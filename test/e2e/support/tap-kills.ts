/**
 * Kills a real tap at one of its messages, resumes from the last STATE that it wrote, and compares
 * the result with the workspace.
 */

import { once } from 'node:events'
import { mkdir } from 'node:fs/promises'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { isDeepStrictEqual } from 'node:util'
import type { Sandbox } from '../../../src/sandbox/api/server.ts'
import { catalogFor } from '../../model/steps/catalog.ts'
import { ModelWarehouse } from '../../model/warehouse.ts'
import { run, start, writeJson } from '../../support/programs.ts'
import { STREAMS } from './connection.ts'
import { sorted, truthOf } from './truth.ts'

export type Method = 'INCREMENTAL' | 'FULL_TABLE'

export interface Killing {
  sandbox: Sandbox
  /** Folder for settings, catalogs and states. */
  folder: string
  method: Method
}

async function argsFor(killing: Killing, name: string): Promise<string[]> {
  const { sandbox, method } = killing
  // One folder per run, because other runs read their files at the same time.
  const folder = join(killing.folder, name)
  await mkdir(folder)
  const config = { app_api_key: sandbox.apiKey, api_url: sandbox.url, requests_per_second: 500 }
  const full = method === 'FULL_TABLE' ? [...STREAMS] : []
  const catalog = catalogFor({ full, deselected: [] })
  return [
    '--config',
    await writeJson(folder, 'tap.json', config),
    '--catalog',
    await writeJson(folder, 'catalog.json', catalog),
  ]
}

/** The number of messages of a complete run. */
export async function countMessages(killing: Killing): Promise<number> {
  const args = await argsFor(killing, 'whole')
  const { code, stdout, stderr } = await run('tap-customerio', { args })
  if (code !== 0) throw new Error(stderr)
  return stdout.split('\n').length - 1
}

/**
 * The first `count` lines of a tap that SIGKILL ends after them. Later lines are lost with the
 * reader.
 */
async function linesUntil(args: string[], count: number): Promise<string[]> {
  const child = start('tap-customerio', { args })
  child.stderr.resume()
  const closed = once(child, 'close')
  const lines: string[] = []
  for await (const line of createInterface({ input: child.stdout })) {
    if (lines.length < count) lines.push(line)
    if (lines.length >= count) child.kill('SIGKILL')
  }
  await closed
  return lines
}

async function take(warehouse: ModelWarehouse, lines: readonly string[], rollsBack: boolean) {
  const { stream, end } = warehouse.reader({ rollsBack })
  if (lines.length > 0) stream.write(`${lines.join('\n')}\n`)
  end()
}

/**
 * One kill and the run after it, for a target that commits every record at once and for one that
 * commits only at a STATE. Returns the failures.
 */
async function killAt(killing: Killing, count: number): Promise<string[]> {
  const args = await argsFor(killing, String(count))
  const lines = await linesUntil(args, count)
  const warehouses = [new ModelWarehouse(), new ModelWarehouse()] as const
  await take(warehouses[0], lines, false)
  await take(warehouses[1], lines, true)
  const state = await writeJson(killing.folder, `state-${count}.json`, warehouses[0].state)
  const { code, stdout, stderr } = await run('tap-customerio', {
    args: [...args, '--state', state],
  })
  if (code !== 0) return [`killed at message ${count}: the next run ended with ${code}: ${stderr}`]
  const failures: string[] = []
  for (const [at, warehouse] of warehouses.entries()) {
    await take(warehouse, stdout.trimEnd().split('\n'), false)
    for (const stream of STREAMS) {
      const rows = sorted([...warehouse.table(stream).values()].map(({ record }) => record))
      if (isDeepStrictEqual(rows, truthOf(killing.sandbox.world, stream))) continue
      const target = at === 0 ? 'commits at once' : 'commits at a STATE'
      failures.push(`killed at message ${count}: ${stream} differs in a target that ${target}`)
    }
  }
  return failures
}

/** Kills at each of the positions, three at a time. */
export async function killAtEach(
  killing: Killing,
  positions: readonly number[],
  onKill: () => void = () => undefined,
): Promise<string[]> {
  const failures: string[] = []
  let next = 0
  const work = async () => {
    for (let at = next++; at < positions.length; at = next++) {
      failures.push(...(await killAt(killing, positions[at] ?? 0)))
      onKill()
    }
  }
  await Promise.all([work(), work(), work()])
  return failures
}
