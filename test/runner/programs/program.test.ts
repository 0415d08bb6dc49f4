import assert from 'node:assert/strict'
import { getPriority } from 'node:os'
import { test } from 'node:test'
import { ChildProgram } from '../../../src/runner/programs/program.ts'

/** The priority of a program that waits for its input. */
async function priorityOf(isInBackground: boolean): Promise<number> {
  const { env } = process
  const args = ['--config', 'ENV']
  const stdio = ['pipe', 'pipe'] as const
  const program = await ChildProgram.start('target-warehouse', { args, env, stdio, isInBackground })
  for (const stream of [program.stdout, program.stderr]) stream?.resume()
  try {
    return getPriority(program.pid)
  } finally {
    program.stop(0)
    await program.ended
  }
}

test('a program in the background leaves the processor to what a person waits for', async () => {
  const own = getPriority()
  assert.equal(await priorityOf(false), own)
  assert.ok((await priorityOf(true)) > own)
})
