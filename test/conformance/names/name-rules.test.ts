/** Checks that each database compares names as its dialect says. */

import assert from 'node:assert/strict'
import { test } from 'node:test'
import * as fc from 'fast-check'
import { foldName } from '../../../src/urls/name-folding.ts'
import { dialectOf } from '../support/loading.ts'
import { WAREHOUSES } from '../support/warehouses.ts'

const COLUMNS_OF_A_TABLE = 1000

function quoted(name: string): string {
  return `"${name.replaceAll('"', '""')}"`
}

function tableOf(names: readonly string[]): string {
  return `create table t (${names.map((name) => `${quoted(name)} integer`).join(', ')}); drop table t`
}

/** Returns every letter of the BMP with its other cases and Unicode normalization forms. */
function letters(): string[] {
  const found = new Set<string>()
  for (let code = 0x21; code < 0x1_0000; code++) {
    if (code >= 0xd800 && code < 0xe000) continue
    const letter = String.fromCodePoint(code)
    const forms = [
      letter.toLowerCase(),
      letter.toUpperCase(),
      ...(['NFC', 'NFD', 'NFKC'] as const).map((form) => letter.normalize(form)),
    ]
    if (forms.some((form) => form !== letter))
      for (const form of [letter, ...forms]) found.add(form)
  }
  // DuckDB's driver for Node drops a byte order mark.
  return [...found].filter((name) => name.trim() !== '' && !name.startsWith('\ufeff'))
}

function chunks<T>(list: readonly T[], size: number): T[][] {
  return Array.from({ length: Math.ceil(list.length / size) }, (_, at) =>
    list.slice(at * size, (at + 1) * size),
  )
}

for (const { name, create, distinguishesCase } of WAREHOUSES) {
  test(`${name}: names that the dialect considers different can be columns of one table`, async (t) => {
    const { url, execute } = await create(t)
    const dialect = await dialectOf(url)
    const byFold = new Map(letters().map((letter) => [foldName(letter, dialect), letter]))
    // The forms of one letter are adjacent, so they share a table.
    for (const names of chunks([...byFold.values()], COLUMNS_OF_A_TABLE)) {
      await execute(tableOf(names))
    }
  })

  test(`${name}: two names collide as columns, tables and schemas exactly where the dialect says so`, async (t) => {
    const { url, execute } = await create(t)
    const dialect = await dialectOf(url)
    const letter = fc.constantFrom(...'aAzZkK\u212a@`[{{éÉiIİıßẞ'.split(''), 'e\u0301', 'ss')
    const anyName = fc.string({ unit: letter, minLength: 1, maxLength: 3 })
    const pair = fc.oneof(
      fc.tuple(anyName, anyName),
      anyName.map((one) => [one, one.toUpperCase()] as const),
      anyName.map((one) => [one, one.toLowerCase()] as const),
    )
    await fc.assert(
      fc.asyncProperty(pair, async ([one, other]) => {
        const isSame = foldName(one, dialect) === foldName(other, dialect)
        const areTablesSame = isSame && (!distinguishesCase || one === other)
        const bothTables = [one, other].map((table) => `create table ${quoted(table)} (x integer)`)
        const bothSchemas = [one, other].map(
          (schema) => `create schema ${quoted(`names_${schema}`)}`,
        )
        for (const [statements, undo] of [
          [[tableOf([one, other])], 'select 1'],
          [
            bothTables,
            areTablesSame
              ? `drop table ${quoted(one)}`
              : `drop table ${quoted(one)}; drop table ${quoted(other)}`,
          ],
          [
            bothSchemas,
            areTablesSame
              ? `drop schema ${quoted(`names_${one}`)}`
              : `drop schema ${quoted(`names_${one}`)}; drop schema ${quoted(`names_${other}`)}`,
          ],
        ] as const) {
          const isOne = statements.length > 1 ? areTablesSame : isSame
          let failures = 0
          for (const statement of statements) await execute(statement).catch(() => failures++)
          assert.equal(failures, isOne ? 1 : 0, `${one} and ${other}`)
          if (statements.length > 1) await execute(undo)
        }
      }),
      { numRuns: 25 },
    )
  })
}
