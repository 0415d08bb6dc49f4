import assert from 'node:assert/strict'
import { test } from 'node:test'
import { tokenIn } from '../../../src/page/form/token.ts'

test('the token of a link is found, and a token alone is one', () => {
  const texts = [' http://127.0.0.1:8080/login?token=abc ', ' abc ', 'http://127.0.0.1:8080/']
  assert.deepEqual(texts.map(tokenIn), ['abc', 'abc', 'http://127.0.0.1:8080/'])
})
