/**
 * Chooses names of tables and columns.
 *
 * A name stays as it is unless the database would change it, cut it or confuse it with another
 * name. Then it gets a short hash of itself. The first owner keeps the plain name. Ownership is
 * read from the existing tables, so every later run chooses the same names.
 */

import { createHash } from 'node:crypto'
import { AppError } from '../../errors.ts'
import { foldName } from '../../urls/name-folding.ts'
import type { Dialect, NameRules } from '../dialect.ts'

const MARK = '__h'
const HASH_DIGITS = 8
const HASHED = /__h[0-9a-f]{8}$/
// oxlint-disable-next-line no-control-regex -- matches what databases refuse
const UNSTORABLE = /\u0000|[\ud800-\udbff](?![\udc00-\udfff])|(?<![\ud800-\udbff])[\udc00-\udfff]/g

/** The rules for names of tables. */
export function tableRules(dialect: Dialect): NameRules {
  const { maxNameBytes, isCaseSensitive, refusedInTables: refused } = dialect
  return { maxNameBytes, isCaseSensitive, ...(refused && { refused }) }
}

/** Finds the item that has this name, as the database compares names. */
export function findNamed<T extends { name: string }>(
  named: readonly T[],
  name: string,
  rules: NameRules,
): T | undefined {
  const fold = foldName(name, rules)
  return named.find((item) => foldName(item.name, rules) === fold)
}

/** Returns the longest prefix that fits, without splitting a character. */
function truncate(text: string, maxBytes: number): string {
  let bytes = 0
  let prefix = ''
  for (const character of text) {
    bytes += Buffer.byteLength(character)
    if (bytes > maxBytes) break
    prefix += character
  }
  return prefix
}

/**
 * Appends a short hash to as much of the name as fits.
 * @param hashInput Makes the hashes of two things with the same name differ.
 */
export function hashedName(name: string, rules: NameRules, hashInput: unknown = name): string {
  // JSON escapes lone surrogates; UTF-8 would make all of them equal.
  const json = JSON.stringify(hashInput)
  const hash = createHash('sha256').update(json).digest('hex').slice(0, HASH_DIGITS)
  const suffix = MARK + hash
  let storable = name.replace(UNSTORABLE, '\ufffd').replace(/^\ufeff/, '\ufffd')
  if (rules.refused) storable = storable.replace(rules.refused, '_')
  return truncate(storable, rules.maxNameBytes - suffix.length) + suffix
}

/** DuckDB's driver for Node drops a byte order mark at the start of every string that it reads. */
function isStorable(name: string, rules: NameRules): boolean {
  return (
    name !== '' &&
    !name.startsWith('\ufeff') &&
    Buffer.byteLength(name) <= rules.maxNameBytes &&
    name.search(UNSTORABLE) === -1 &&
    (rules.refused === undefined || name.search(rules.refused) === -1)
  )
}

/** Room after the prefix: for `_sdc_rejects`, the longest of the loader's own tables, or a hash. */
const MIN_NAME_BYTES = 12

/** Throws CONFIG_INVALID for a prefix under which later runs could not find the tables. */
export function checkPrefix(prefix: string, rules: NameRules): void {
  const maxBytes = rules.maxNameBytes - MIN_NAME_BYTES
  const bytes = Buffer.byteLength(prefix)
  if (bytes > maxBytes) {
    throw new AppError(
      'CONFIG_INVALID',
      `\`table_prefix\` has ${bytes} bytes; names have at most ${rules.maxNameBytes}, which leaves at most ${maxBytes} for the prefix.`,
    )
  }
  const { refused, ...general } = rules
  if (prefix !== '' && !isStorable(prefix, general)) {
    throw new AppError(
      'CONFIG_INVALID',
      '`table_prefix` contains a character that names of tables cannot contain, such as U+0000, a lone surrogate or a leading U+FEFF.',
    )
  }
  const found = refused && prefix.match(refused)?.[0]
  if (found !== undefined) {
    throw new AppError(
      'CONFIG_INVALID',
      `\`table_prefix\` contains ${JSON.stringify(found)}, which names of tables in this warehouse cannot contain.`,
      { hint: 'Use ASCII letters, digits and `_`.' },
    )
  }
}

/** Returns the name that a table or column gets when nothing else has it. */
export function naturalName(wanted: string, rules: NameRules): string {
  return HASHED.test(wanted) || !isStorable(wanted, rules) ? hashedName(wanted, rules) : wanted
}

/** The names in one table or one schema, including planned ones, and who owns them in this run. */
export class NameSpace {
  readonly #rules: NameRules
  /** Each name as it is spelled, by its folded form. */
  readonly #names = new Map<string, string>()
  /** The wanted name that owns a name, by its folded form. */
  readonly #owners = new Map<string, string>()

  constructor(rules: NameRules, existing: Iterable<string>) {
    this.#rules = rules
    for (const name of existing) this.add(name)
  }

  add(name: string): void {
    const fold = foldName(name, this.#rules)
    if (!this.#names.has(fold)) this.#names.set(fold, name)
  }

  /** Returns the name as it is spelled in the database. */
  find(name: string): string | undefined {
    return this.#names.get(foldName(name, this.#rules))
  }

  /**
   * Returns the name under which `wanted` is stored. `wanted` owns the name from then on.
   * An existing name that the database considers equal is reused, unless it has another owner.
   * @param isReserved True where the natural name belongs to something else, such as `_sdc_loads`.
   */
  resolve(wanted: string, isReserved = false): string {
    const natural = naturalName(wanted, this.#rules)
    const hashed = hashedName(natural, this.#rules)
    const owner = this.#owners.get(foldName(natural, this.#rules)) ?? wanted
    const isNatural = !isReserved && owner === wanted && this.find(hashed) === undefined
    const name = isNatural ? natural : hashed
    this.add(name)
    this.#owners.set(foldName(name, this.#rules), wanted)
    return this.find(name) ?? name
  }

  /** Resolves several names. An exact match with an existing name wins over a match by folding. */
  resolveAll(
    wanted: readonly string[],
    isReserved: (name: string) => boolean = () => false,
  ): Map<string, string> {
    const isExact = (name: string) => this.find(naturalName(name, this.#rules)) === name
    const resolved = new Map<string, string>()
    for (const name of [...wanted.filter(isExact), ...wanted.filter((other) => !isExact(other))]) {
      resolved.set(name, this.resolve(name, isReserved(name)))
    }
    return resolved
  }
}
