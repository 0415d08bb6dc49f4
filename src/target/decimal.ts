/** Exact decimal numbers: between a JSON number's text and a whole number of units of its last digit. */

/** Longer texts have more digits than any decimal column, or needless ones. */
const MAX_CHARS = 200

const DECIMAL = /^([+-]?)(\d*)(?:\.(\d*))?(?:[eE]([+-]?\d{1,6}))?$/

/** Units of `10^-scale`, or undefined when the text is no number, needs a smaller unit or more than `precision` digits. */
export function parseDecimal(text: string, precision: number, scale: number): bigint | undefined {
  const match = text.length <= MAX_CHARS ? DECIMAL.exec(text) : undefined
  if (!match) return undefined
  const [, sign, whole = '', fraction = '', exponent = '0'] = match
  const digits = (whole + fraction).replace(/^0+/, '')
  if (whole === '' && fraction === '') return undefined
  if (digits === '') return 0n
  const shift = Number(exponent) - fraction.length + scale
  const zeros = digits.length - digits.replace(/0+$/, '').length
  if (shift < -zeros || digits.length + shift > precision) return undefined
  const units = shift >= 0 ? digits + '0'.repeat(shift) : digits.slice(0, shift)
  return sign === '-' ? -BigInt(units) : BigInt(units)
}

/** Plain digits with a point, without an exponent. */
export function formatDecimal(units: bigint, scale: number): string {
  if (scale === 0) return String(units)
  const digits = String(units < 0n ? -units : units).padStart(scale + 1, '0')
  const sign = units < 0n ? '-' : ''
  return `${sign}${digits.slice(0, -scale)}.${digits.slice(-scale)}`
}
