import assert from 'node:assert/strict'
import { mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { test } from 'node:test'
import { loadConnection } from '../../../src/runner/connection/connection.ts'
import { refuseCopies } from '../../../src/runner/workspace/copied-connection.ts'
import type { JsonObject } from '../../../src/singer/json.ts'
import { temporaryFolder, writeJson } from '../../support/programs.ts'

const refused = async (path: string) => refuseCopies(await loadConnection(path, {}))

test('a copied connection needs another id and another name, whatever its key is', async (t) => {
  const workspace = await temporaryFolder(t)
  const folder = join(workspace, 'connections')
  await mkdir(folder)
  const write = async (file: string, members: JsonObject, key: string) =>
    writeJson(workspace, file, { source: { app_api_key: key }, ...members })
  const eu = await write('connections/eu.json', { id: 'one' }, '${NOT_SET}')
  const us = await write('connections/us.json', { id: 'one' }, 'key-123456')
  await writeFile(join(folder, 'broken.json'), '{"id": ')
  await assert.rejects(refused(us), {
    code: 'CONFIG_INVALID',
    message: `Two connections have the id one: ${eu} and ${us}.`,
    hint: 'Give the copy another `id`.',
  })
  await write('connections/us.json', { id: 'two' }, 'key-123456')
  await refused(us)
  const lone = await write('connection.json', { name: 'us' }, 'key-123456')
  await assert.rejects(refused(us), {
    message: `Two connections have the name us: ${lone} and ${us}.`,
  })
  await assert.rejects(refused(lone), { code: 'CONFIG_INVALID' })
  await write('connection.json', {}, 'key-123456')
  await refused(lone)
})

test('no connection of the folder has the name of connection.json', async (t) => {
  const workspace = await temporaryFolder(t)
  await mkdir(join(workspace, 'connections'))
  const document = { source: { app_api_key: 'key-123456' } }
  const path = await writeJson(workspace, 'connections/connection.json', document)
  await assert.rejects(loadConnection(path, {}), {
    code: 'CONFIG_INVALID',
    message: `The connection file ${path} is not valid: the file must have another name: connection.json of the workspace is called so.`,
  })
})
