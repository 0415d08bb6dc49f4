import assert from 'node:assert/strict'
import { test } from 'node:test'
import * as fc from 'fast-check'
import { foldName } from '../../../src/urls/name-folding.ts'
import { AppError } from '../../../src/errors.ts'
import { checkPrefix, hashedName, NameSpace } from '../../../src/loader/tables/names.ts'
import type { NameRules } from '../../../src/loader/dialect.ts'

const FOLDING: NameRules = { maxNameBytes: 63, isCaseSensitive: false }
const EXACT: NameRules = { maxNameBytes: 63, isCaseSensitive: true }

function resolveAll(rules: NameRules, existing: Iterable<string>, wanted: readonly string[]) {
  return new NameSpace(rules, existing).resolveAll(wanted)
}

// Few letters make names collide; long names get shortened.
const anyName = fc.oneof(
  fc.string({
    unit: fc.constantFrom('a', 'A', 'é', 'É', '_', '"', '\u0000', '\ud800', '🎉'),
    maxLength: 4,
  }),
  fc.string({ unit: fc.constantFrom('x', 'X', 'ß', '漢'), minLength: 60, maxLength: 90 }),
  fc.string({ unit: 'binary' }),
)
const names = fc.uniqueArray(anyName, { minLength: 1, maxLength: 12 })

test('no two names share a column, every name fits, and plain names stay unchanged', () => {
  for (const rules of [FOLDING, EXACT]) {
    fc.assert(
      fc.property(names, (wanted) => {
        const resolved = [...resolveAll(rules, [], wanted).values()]
        assert.equal(new Set(resolved.map((name) => foldName(name, rules))).size, wanted.length)
        for (const name of resolved) {
          assert.ok(Buffer.byteLength(name) <= 63 && name !== '')
          assert.ok(!name.includes('\u0000'))
          assert.equal(Buffer.from(name).toString(), name)
        }
      }),
    )
  }
  assert.equal(new NameSpace(FOLDING, []).resolve('Client Name'), 'Client Name')
})

test('a later run gives every name the same column, in any order and with new names', () => {
  for (const rules of [FOLDING, EXACT]) {
    fc.assert(
      fc.property(names, names, fc.func(fc.nat()), (first, more, order) => {
        const before = resolveAll(rules, [], first)
        const shuffled = [...new Set([...more, ...first])].toSorted((a, b) => order(a) - order(b))
        const after = resolveAll(rules, before.values(), shuffled)
        for (const [name, column] of before) assert.equal(after.get(name), column)
      }),
    )
  }
})

test('shortens by bytes without splitting a character, and keeps the prefix', () => {
  const long = `cio_${'é'.repeat(40)}`
  const name = new NameSpace(EXACT, []).resolve(long)
  assert.match(name, /^cio_é{24}__h[0-9a-f]{8}$/)
  assert.equal(name, hashedName(long, EXACT))
})

test('hashes a reserved name and a name that looks hashed', () => {
  const space = new NameSpace(EXACT, [])
  assert.match(space.resolve('_sdc_loads', true), /^_sdc_loads__h[0-9a-f]{8}$/)
  assert.match(space.resolve('a__h01234567'), /^a__h01234567__h[0-9a-f]{8}$/)
})

test('names the character of a prefix that this warehouse does not take in names of tables', () => {
  const rules: NameRules = { ...FOLDING, refused: /[^ -~]|[/\\]/g }
  for (const [prefix, shown] of [
    ['a/b/', '"/"'],
    ['à_', '"à"'],
  ] as const) {
    assert.throws(
      () => checkPrefix(prefix, rules),
      (error) => {
        assert.ok(error instanceof AppError)
        assert.equal(
          error.fullText,
          `\`table_prefix\` contains ${shown}, which names of tables in this warehouse cannot contain. Use ASCII letters, digits and \`_\`.`,
        )
        return true
      },
    )
    checkPrefix(prefix, FOLDING)
  }
  assert.throws(() => checkPrefix('a\0', rules), /such as U\+0000/)
  checkPrefix('cio_', rules)
})
