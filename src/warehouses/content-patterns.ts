/**
 * Strings that planning looks for in key columns, as regular expressions that every engine reads
 * alike. Each engine says by itself whether an expression must match the whole string.
 */

const EXPONENT_DIGITS = '[0-9]+'

/**
 * A number as JSON writes it.
 * @param exponentDigits for an engine that refuses long exponents
 */
export function numberPattern(exponentDigits = EXPONENT_DIGITS): string {
  return String.raw`-?[0-9]+(\.[0-9]+)?([eE][+-]?${exponentDigits})?`
}

/** Alternatives: what JSON writes without quotes. */
export const SCALAR_PATTERN = `${numberPattern()}|true|false`

/** How a date or a time of day begins. */
export const TIME_PATTERN = '^([0-9]{4}-[0-9]{2}-[0-9]{2}|[0-9]{2}:[0-9]{2})'
