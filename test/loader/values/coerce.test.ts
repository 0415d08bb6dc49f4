import assert from 'node:assert/strict'
import { test } from 'node:test'
import { JsonNumber, type JsonValue } from '../../../src/singer/json.ts'
import { coercer } from '../../../src/loader/values/coerce.ts'
import { StringCleaner } from '../../../src/loader/values/text.ts'
import type { Cell, ColumnKind, ColumnType } from '../../../src/loader/schema/types.ts'

function coerce(column: ColumnType, wanted: ColumnKind, value: JsonValue): Cell | undefined {
  const context = { cleaner: new StringCleaner(true), mayNeedCleaning: true, isNumberExact: false }
  return coercer(column, wanted, context)(value)
}

test('accepts values of a column’s own type exactly, and rejects all others', () => {
  const cases: [ColumnType, JsonValue, Cell | undefined][] = [
    [{ kind: 'boolean' }, true, true],
    [{ kind: 'boolean' }, 'false', undefined],
    [{ kind: 'boolean' }, 0, undefined],
    [{ kind: 'integer' }, 7, 7],
    [{ kind: 'integer' }, -0, 0],
    [{ kind: 'integer' }, 1.5, undefined],
    [{ kind: 'integer' }, '7', undefined],
    [{ kind: 'integer' }, true, undefined],
    [{ kind: 'integer' }, 1e18, 10n ** 18n],
    [{ kind: 'integer' }, 1e19, undefined],
    [{ kind: 'integer' }, new JsonNumber('9223372036854775807'), 9223372036854775807n],
    [{ kind: 'integer' }, new JsonNumber('9223372036854775808'), undefined],
    [{ kind: 'integer' }, new JsonNumber('9007199254740993.5'), undefined],
    [{ kind: 'number' }, 0.1, 0.1],
    [{ kind: 'number' }, new JsonNumber('1e400'), undefined],
    [{ kind: 'number' }, '0.1', undefined],
    [{ kind: 'decimal', precision: 5, scale: 2 }, 12.5, 1250],
    [{ kind: 'decimal', precision: 5, scale: 2 }, 12.345, undefined],
    [{ kind: 'decimal', precision: 5, scale: 2 }, '12.30', 1230],
    [{ kind: 'date' }, '1970-01-02', 1],
    [{ kind: 'date' }, '2023-02-29', undefined],
    [{ kind: 'time' }, '00:00:01.5', 1_500_000],
    [{ kind: 'time' }, '24:00:00', undefined],
    [{ kind: 'time' }, '10:00:00+02:00', undefined],
    [{ kind: 'timestamp' }, '1970-01-01T00:00:01.000001Z', 1_000_001],
    [{ kind: 'timestamp' }, '1970-01-01T01:00:00+01:00', 0],
    [{ kind: 'timestamp' }, '9999-12-31T23:59:59.999999Z', 253_402_300_799_999_999n],
    [{ kind: 'timestamp' }, 'yesterday', undefined],
    [{ kind: 'timestamp' }, 0, undefined],
    [{ kind: 'text' }, '', ''],
    [{ kind: 'text' }, 5, undefined],
    [{ kind: 'json' }, '', '""'],
    [{ kind: 'json' }, [], '[]'],
    [{ kind: 'json' }, new JsonNumber('1e400'), '1e400'],
    [{ kind: 'json' }, { a: ['\ud800'] }, '{"a":["\ufffd"]}'],
  ]
  for (const [type, value, cell] of cases) {
    assert.deepEqual(coerce(type, type.kind, value), cell, `${type.kind} ${JSON.stringify(value)}`)
  }
})

test('writes values of a narrower type into a wider column', () => {
  const cases: [ColumnType, ColumnKind, JsonValue, Cell | undefined][] = [
    [{ kind: 'text' }, 'integer', 5, '5'],
    [{ kind: 'text' }, 'number', new JsonNumber('1e400'), '1e400'],
    [{ kind: 'text' }, 'boolean', false, 'false'],
    [{ kind: 'text' }, 'integer', '5', undefined],
    [{ kind: 'text' }, 'timestamp', '2020-01-01T00:00:00Z', '2020-01-01T00:00:00Z'],
    [{ kind: 'timestamp' }, 'date', '1970-01-02', 86_400_000_000],
    [{ kind: 'json' }, 'text', 'x', '"x"'],
    [{ kind: 'text' }, 'json', 'x', 'x'],
    [{ kind: 'text' }, 'json', 5, undefined],
    [{ kind: 'timestamp' }, 'json', '2020-01-01T00:00:00Z', undefined],
    [{ kind: 'number' }, 'decimal', '12.30', 12.3],
    [{ kind: 'number' }, 'decimal', '0x10', undefined],
    [{ kind: 'number' }, 'decimal', '9007199254740993', undefined],
  ]
  for (const [type, wanted, value, cell] of cases) {
    assert.deepEqual(
      coerce(type, wanted, value),
      cell,
      `${type.kind} ${wanted} ${JSON.stringify(value)}`,
    )
  }
  const exact = { cleaner: new StringCleaner(true), mayNeedCleaning: false, isNumberExact: true }
  assert.equal(coercer({ kind: 'number' }, 'number', exact)(new JsonNumber('1e400')), '1e400')
})

test('counts replaced characters, and keeps keys distinct that became equal', () => {
  const cleaner = new StringCleaner(false)
  const value = { 'a\u0000': 1, 'a\ud800': [{ '\udc00': '\u0000x' }], 'a🎉': '🎉' }
  assert.deepEqual(cleaner.cleanValue(value), {
    'a\ufffd': 1,
    'a\ufffd\ufffd': [{ '\ufffd': '\ufffdx' }],
    'a🎉': '🎉',
  })
  assert.equal(cleaner.replacedCount, 4)
  const proto = JSON.parse('{"__proto__":{"x":1}}') as JsonValue
  assert.deepEqual(Object.keys(cleaner.cleanValue(proto) as object), ['__proto__'])
})

test('a column of times accepts plain strings only in the spelling that it returns', () => {
  const cases: [ColumnType, string, Cell | undefined][] = [
    [{ kind: 'timestamp' }, '1970-01-01T00:00:01.000001Z', 1_000_001],
    [{ kind: 'timestamp' }, '1970-01-01T00:00:01+00:00', undefined],
    [{ kind: 'timestamp' }, '1970-01-01 00:00:01', undefined],
    [{ kind: 'timestamp' }, '1970-01-01T00:00:01.0000001Z', undefined],
    [{ kind: 'time' }, '00:00:01.5', 1_500_000],
    [{ kind: 'time' }, '00:00:01Z', undefined],
    [{ kind: 'date' }, '1970-01-02', 1],
  ]
  for (const [column, value, cell] of cases) {
    assert.equal(coerce(column, 'text', value), cell, `${column.kind} <- ${value}`)
  }
})
