import assert from 'node:assert/strict'
import { mkdir, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { test, type TestContext } from 'node:test'
import { findConnection, newConnectionFile } from '../../../src/runner/workspace/find-connection.ts'
import { temporaryFolder } from '../../support/programs.ts'

async function workspaceWith(t: TestContext, files: readonly string[]): Promise<string> {
  const workspace = await temporaryFolder(t)
  await mkdir(join(workspace, 'connections'))
  for (const file of files) await writeFile(join(workspace, file), '{}')
  return workspace
}

test('without a name finds connection.json, otherwise the only connection', async (t) => {
  const workspace = await workspaceWith(t, ['connections/eu.json'])
  assert.equal(await findConnection({ workspace }), join(workspace, 'connections/eu.json'))
  await writeFile(join(workspace, 'connections/us.json'), '{}')
  await assert.rejects(findConnection({ workspace }), {
    code: 'USAGE',
    message: 'The workspace has several connections: eu, us.',
    hint: 'Name one with --connection.',
  })
  await writeFile(join(workspace, 'connection.json'), '{}')
  assert.equal(await findConnection({ workspace }), join(workspace, 'connection.json'))
  await rm(join(workspace, 'connections'), { recursive: true })
  assert.equal(await findConnection({ workspace }), join(workspace, 'connection.json'))
  assert.equal(await findConnection({}), 'connection.json')
})

test('finds a connection by its name, its file, or an absolute path', async (t) => {
  const files = ['connections/eu.json', 'connection.json', 'other.json', 'plain']
  const workspace = await workspaceWith(t, files)
  for (const [connection, file] of [
    ['eu', 'connections/eu.json'],
    ['connections/eu.json', 'connections/eu.json'],
    ['connection', 'connection.json'],
    ['other.json', 'other.json'],
    ['plain', 'plain'],
    [join(workspace, 'other.json'), 'other.json'],
    ['missing.json', 'missing.json'],
  ] as const)
    assert.equal(await findConnection({ workspace, connection }), join(workspace, file))
})

test('names the connections of the workspace when the name is none of them', async (t) => {
  const workspace = await workspaceWith(t, ['connections/production.json', 'connections/eu.json'])
  await assert.rejects(findConnection({ workspace, connection: 'prodction' }), {
    code: 'USAGE',
    message: 'The workspace has no connection prodction.',
    hint: 'Did you mean production? The connections are eu, production.',
  })
  const empty = await temporaryFolder(t)
  await assert.rejects(findConnection({ workspace: empty, connection: 'eu' }), {
    hint: `Create it with: customerio-sync init --workspace ${empty} --connection eu`,
  })
  await assert.rejects(findConnection({ workspace: empty, connection: 'not a name' }), {
    hint: `Create one with: customerio-sync init --workspace ${empty}`,
  })
  await assert.rejects(findConnection({ workspace: join(empty, 'none') }), {
    code: 'USAGE',
    message: `The workspace ${join(empty, 'none')} is not a folder.`,
  })
})

test('a new connection gets a file in the workspace by its name, and needs one there', async (t) => {
  const workspace = await workspaceWith(t, [])
  const create = async (connection?: string) => newConnectionFile({ workspace, connection })
  assert.equal(await create(), join(workspace, 'connection.json'))
  assert.equal(await create('eu'), join(workspace, 'connections/eu.json'))
  assert.equal(await create('lone.json'), join(workspace, 'lone.json'))
  await assert.rejects(create('not a name'), { code: 'USAGE' })
  await writeFile(join(workspace, 'connections/eu.json'), '{}')
  await assert.rejects(create(), {
    message: 'The new connection has no name.',
    hint: 'This workspace has connections in connections/. Name the new one with --connection NAME.',
  })
})
