import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { fitTable, fitWidths } from '../../src/terminal/fitted-table.ts'
import { cutText, textWidth } from '../../src/terminal/text-width.ts'

const COLUMNS = [
  { name: 'id', isNumber: true },
  { name: 'name', isNumber: false },
  { name: 'note', isNumber: false },
]

test('numbers are aligned to the right, and no space is left at the end of a line', () => {
  const rows = [
    ['1', 'one', ''],
    ['12', 'twelve', 'x'],
  ]
  assert.deepEqual(fitTable(COLUMNS, rows, 80), {
    text: 'id  name    note\n--  ------  ----\n 1  one\n12  twelve  x',
    isCut: false,
  })
})

test('the widest columns are cut first, and numbers never', () => {
  const rows = [['123456789012345678', 'a'.repeat(12), 'b'.repeat(40)]]
  assert.deepEqual(fitTable(COLUMNS, rows, 50), {
    text: [
      '                id  name          note',
      '------------------  ------------  ----------------',
      `123456789012345678  ${'a'.repeat(12)}  ${'b'.repeat(15)}…`,
    ].join('\n'),
    isCut: true,
  })
})

test('rows become lists when there are too many columns', () => {
  const rows = [
    ['1', 'one', 'b'.repeat(30)],
    ['2', '', 'c'],
  ]
  assert.deepEqual(fitTable(COLUMNS, rows, 16), {
    text: [
      'id    1',
      'name  one',
      `note  ${'b'.repeat(9)}…`,
      '----',
      'id    2',
      'name',
      'note  c',
    ].join('\n'),
    isCut: true,
  })
})

test('a result without rows has its names', () => {
  assert.equal(fitTable(COLUMNS, [], 80).text, 'id  name  note\n--  ----  ----')
})

test('letters of East Asia and pictures take two columns', () => {
  assert.equal(textWidth('日本語'), 6)
  assert.equal(textWidth('é👍🏽'), 3)
  assert.equal(cutText('日本語', 5), '日本…')
  assert.equal(cutText('日本語', 4), '日…')
  assert.equal(cutText('日本語', 6), '日本語')
})

test('property: a cut text is as wide as allowed at most, and whole if it fits', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'grapheme' }), fc.integer({ min: 1, max: 40 }), (text, width) => {
      const cut = cutText(text, width)
      assert.ok(textWidth(cut) <= width)
      assert.equal(cut === text, textWidth(text) <= width)
    }),
  )
})

test('property: fitted widths fill the width, or everything fits', () => {
  const column = fc.record({ width: fc.integer({ min: 1, max: 300 }), isNumber: fc.boolean() })
  const columns = fc.array(column, { minLength: 1, maxLength: 12 })
  fc.assert(
    fc.property(columns, fc.integer({ min: 20, max: 200 }), (wanted, available) => {
      const widths = fitWidths(wanted, available)
      if (!widths) return
      const total = widths.reduce((sum, width) => sum + width, 2 * (widths.length - 1))
      assert.ok(total <= available)
      const isCut = widths.some((width, at) => width !== wanted[at]?.width)
      if (isCut) assert.equal(total, available)
      for (const [at, width] of widths.entries()) {
        const { width: full = 0, isNumber = false } = wanted[at] ?? {}
        assert.ok(width === full || (!isNumber && width >= 8 && width < full))
      }
    }),
  )
})
