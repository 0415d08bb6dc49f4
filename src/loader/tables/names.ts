/**
 * Names of tables and columns. A name stays as it is unless the database would change it, cut it or take it for another one; then
 * it gets a short hash of itself. Whoever came first keeps the plain name: that is read from the tables, so it holds in every later run.
 */

import { createHash } from 'node:crypto'
import { AppError } from '../../errors.ts'
import { foldName } from '../../name-folding.ts'
import type { NameRules } from '../dialect.ts'

const MARK = '__h'
const HASH_DIGITS = 8
const HASHED = /__h[0-9a-f]{8}$/
// oxlint-disable-next-line no-control-regex -- finding what databases refuse is its purpose
const UNSTORABLE = /\u0000|[\ud800-\udbff](?![\udc00-\udfff])|(?<![\ud800-\udbff])[\udc00-\udfff]/g

/** The one that the database takes for the one of that name. */
export function findNamed<T extends { name: string }>(
  named: readonly T[],
  name: string,
  rules: NameRules,
): T | undefined {
  const fold = foldName(name, rules)
  return named.find((one) => foldName(one.name, rules) === fold)
}

/** The longest start of the text that fits, without cutting a character. */
function startOf(text: string, maxBytes: number): string {
  let bytes = 0
  let start = ''
  for (const character of text) {
    bytes += Buffer.byteLength(character)
    if (bytes > maxBytes) break
    start += character
  }
  return start
}

/**
 * The name with a short hash behind as much of it as fits.
 * @param of what is hashed: two things with the same name get different hashes.
 */
export function hashedName(name: string, rules: NameRules, of: unknown = name): string {
  // JSON keeps lone surrogates apart, which UTF-8 would make equal.
  const hash = createHash('sha256').update(JSON.stringify(of)).digest('hex').slice(0, HASH_DIGITS)
  const suffix = MARK + hash
  const storable = name.replace(UNSTORABLE, '\ufffd').replace(/^\ufeff/, '\ufffd')
  return startOf(storable, rules.maxNameBytes - suffix.length) + suffix
}

/** DuckDB's driver for Node drops a byte order mark at the start of every text that it reads. */
function isStorable(name: string, rules: NameRules): boolean {
  return (
    name !== '' &&
    !name.startsWith('\ufeff') &&
    Buffer.byteLength(name) <= rules.maxNameBytes &&
    name.search(UNSTORABLE) === -1
  )
}

/** Room behind the prefix: for the tables that loading keeps, `_sdc_rejects` the longest, and for the hash of a name. */
const ROOM_BYTES = 12

/** Throws CONFIG_INVALID for a prefix with which the tables could not be found again. */
export function checkPrefix(prefix: string, rules: NameRules): void {
  const longest = rules.maxNameBytes - ROOM_BYTES
  const bytes = Buffer.byteLength(prefix)
  if (bytes > longest) {
    throw new AppError(
      'CONFIG_INVALID',
      `\`table_prefix\` has ${bytes} bytes; names have at most ${rules.maxNameBytes}, which leaves it ${longest}.`,
    )
  }
  if (prefix !== '' && !isStorable(prefix, rules)) {
    throw new AppError(
      'CONFIG_INVALID',
      '`table_prefix` holds a character that no name can hold: U+0000, a lone surrogate or a leading U+FEFF.',
    )
  }
}

/** The name that a table or column gets when no other one has it. */
export function naturalName(wanted: string, rules: NameRules): string {
  return HASHED.test(wanted) || !isStorable(wanted, rules) ? hashedName(wanted, rules) : wanted
}

/** Names that exist, or are about to, in one table or one schema, and to whom they belong in this run. */
export class NameSpace {
  readonly #rules: NameRules
  /** Each name as it is spelled, by its fold. */
  readonly #names = new Map<string, string>()
  /** Who has a name, by its fold. */
  readonly #owners = new Map<string, string>()

  constructor(rules: NameRules, existing: Iterable<string>) {
    this.#rules = rules
    for (const name of existing) this.add(name)
  }

  add(name: string): void {
    const fold = foldName(name, this.#rules)
    if (!this.#names.has(fold)) this.#names.set(fold, name)
  }

  /** The name as it is spelled in the database. */
  find(name: string): string | undefined {
    return this.#names.get(foldName(name, this.#rules))
  }

  /**
   * The name under which `wanted` is, or will be, stored; `wanted` owns it from then on. An existing name that the database takes for
   * `wanted` is that name, unless somebody else owns it.
   * @param isReserved true where the natural name belongs to something else, such as `_sdc_loads`.
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

  /** Resolves names that are known together: one that exists exactly as it is spelled goes to the name that is spelled so. */
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
