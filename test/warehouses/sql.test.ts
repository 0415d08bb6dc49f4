import assert from 'node:assert/strict'
import { test } from 'node:test'
import * as fc from 'fast-check'
import { id, list, lit, param, render, sql, STANDARD_STYLE } from '../../src/warehouses/sql.ts'

test('quotes names and literals, and sends parameters separately', () => {
  const statement = sql`select ${id('a"b', "c'd")} from ${id('t')} where x = ${lit("it's")} and y = ${param(7)} and z in (${list([lit(1), lit(null), param('p')])})`
  assert.deepEqual(render(statement, STANDARD_STYLE), {
    text: `select "a""b"."c'd" from "t" where x = 'it''s' and y = $1 and z in (1, null, $2)`,
    values: [7, 'p'],
  })
})

test('no name and no string can end its quotes', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'binary' }), (text) => {
      const name = render(id(text), STANDARD_STYLE).text
      assert.equal(name.slice(1, -1).replaceAll('""', '"'), text)
      assert.doesNotMatch(name.slice(1, -1).replaceAll('""', ''), /"/)
      const literal = render(lit(text), STANDARD_STYLE).text
      assert.equal(literal.slice(1, -1).replaceAll("''", "'"), text)
      assert.doesNotMatch(literal.slice(1, -1).replaceAll("''", ''), /'/)
    }),
  )
})

test('refuses numbers that have no SQL literal', () => {
  assert.throws(() => render(lit(Number.NaN), STANDARD_STYLE), RangeError)
})
