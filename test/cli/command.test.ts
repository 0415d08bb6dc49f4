import assert from 'node:assert/strict'
import { test } from 'node:test'
import { connectionOptions } from '../../src/cli/command.ts'

test('the options for the next command can be copied into a shell', () => {
  assert.equal(connectionOptions({ connection: 'connection.json' }), '')
  assert.equal(
    connectionOptions({ workspace: "/srv/it's my sync", connection: 'eu' }),
    String.raw` --workspace '/srv/it'\''s my sync' --connection eu`,
  )
})
