import assert from 'node:assert/strict'
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { test } from 'node:test'
import { run, temporaryFolder, writeJson } from '../support/programs.ts'

const CASES: [args: string[], error: string][] = [
  [
    ['statsu'],
    'Error: Unknown command: statsu.\nDid you mean status? See customerio-sync --help.\n',
  ],
  [['fly'], 'Error: Unknown command: fly.\nSee customerio-sync --help.\n'],
  [
    ['history', '--last', 'abc'],
    'Error: --last must be a number, not abc.\nSee customerio-sync history --help.\n',
  ],
  [
    ['history', '--last=1x'],
    'Error: --last must be a number, not 1x.\nSee customerio-sync history --help.\n',
  ],
  [['history', '--last', '1.5'], 'Error: --last must be an integer of at least 1, not 1.5.\n'],
  [
    ['status', '--conection', 'eu'],
    'Error: Unknown argument: conection.\nDid you mean --connection? See customerio-sync status --help.\n',
  ],
  [
    ['state', 'get', 'campaings'],
    'Error: Unknown stream: campaings.\nDid you mean campaigns? All streams: tap-customerio --list-streams.\n',
  ],
]

for (const [args, error] of CASES) {
  test(`customerio-sync ${args.join(' ')} says what is wrong, and what was probably meant`, async () => {
    const { code, stdout, stderr } = await run('customerio-sync', { args })
    assert.deepEqual([code, stdout, stderr], [2, '', error])
  })
}

test('run and resync suggest the stream that was probably meant', async (t) => {
  const folder = await temporaryFolder(t)
  await writeJson(folder, 'connection.json', { source: { app_api_key: 'key-123456' } })
  for (const args of [
    ['run', '--only', 'campaign'],
    ['resync', 'campaign'],
  ]) {
    const { code, stderr } = await run('customerio-sync', { args, cwd: folder })
    assert.equal(code, 2)
    assert.match(
      stderr,
      /^Error: The connection connection does not read the stream campaign\.\nDid you mean campaigns\? Its streams are newsletters, campaigns, campaign_actions; /,
    )
  }
})

test('broken JSON is reported with its line and column', async (t) => {
  const folder = await temporaryFolder(t)
  const at = async (path: string, text: string) => writeFile(join(folder, path), text)
  await at('connection.json', '{\n  "source": {"app_api_key": "k",}\n}')
  const sync = async (args: string[], stdin?: string) =>
    run('customerio-sync', { args, cwd: folder, ...(stdin !== undefined && { stdin }) })
  assert.equal(
    (await sync(['status'])).stderr,
    'Error: The connection file connection.json is not valid JSON.\nLine 2, column 33: expected a name in double quotes.\n',
  )
  await writeJson(folder, 'connection.json', { source: { app_api_key: 'key-123456' } })
  await at('state.json', '{"bookmarks":\n  {"campaigns": }}')
  assert.equal(
    (await sync(['state', 'set', '--file', 'state.json'])).stderr,
    'Error: The state file state.json is not valid JSON.\nLine 2, column 17: expected a value.\n',
  )
  assert.equal(
    (await sync(['state', 'set'], '{"bookmarks"')).stderr,
    'Error: The state from stdin is not valid JSON.\nLine 1, column 13: expected a colon.\n',
  )
})
