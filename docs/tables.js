/** Markdown tables of settings and log events, from their schemas and code. */

/** Text of a cell. Outside of code, `<` would begin a tag that GitHub hides. */
function cell(text) {
  const parts = String(text).replaceAll('|', '\\|').replaceAll('\n', ' ').split('`')
  return parts.map((part, at) => (at % 2 === 0 ? part.replaceAll('<', '&lt;') : part)).join('`')
}

function line(cells) {
  return `| ${cells.map(cell).join(' | ')} |`
}

export function table(head, rows) {
  return [line(head), line(head.map(() => '---')), ...rows.map(line)].join('\n')
}

export function code(value) {
  return `\`${value}\``
}

/** `integer`, `date-time`, `array of string`; null is left out. */
export function typeName(schema) {
  const names = [schema.type].flat().filter((name) => name !== undefined && name !== 'null')
  if (schema.format === 'date-time') return 'date-time'
  if (names[0] === 'array') return `array of ${typeName(schema.items ?? {}) || 'anything'}`
  return names.join(' or ')
}

function bounds({ minimum, exclusiveMinimum, maximum }) {
  if (exclusiveMinimum !== undefined && maximum !== undefined) {
    return `greater than ${exclusiveMinimum}, at most ${maximum}`
  }
  if (exclusiveMinimum !== undefined) return `greater than ${exclusiveMinimum}`
  if (minimum !== undefined && maximum !== undefined) return `${minimum} to ${maximum}`
  return minimum === undefined ? '' : `${minimum} or more`
}

function settingType(schema) {
  if (schema.anyOf) return [...schema.anyOf[0].enum.map(code), 'list of names'].join(', ')
  if (schema.enum) return schema.enum.map(code).join(', ')
  const parts = [schema.$ref ? 'object' : typeName(schema), bounds(schema)]
  if (schema.writeOnly) parts.push('secret')
  return parts.filter(Boolean).join(', ')
}

function defaultOf(name, schema, required) {
  if (required.includes(name)) return 'required'
  if (schema.default === undefined) return ''
  return schema.default === '' ? 'empty' : code(schema.default)
}

/**
 * Rows of an object's properties; those of nested objects follow with their path. Properties
 * without a description, such as streams, are described by their object.
 */
function settingRows({ properties, required = [] }, prefix = '') {
  const described = Object.entries(properties).filter(
    ([, { $ref, description }]) => $ref !== undefined || description !== undefined,
  )
  return described.flatMap(([name, schema]) => [
    [
      code(prefix + name),
      settingType(schema),
      defaultOf(name, schema, required),
      schema.description ?? '',
    ],
    ...(schema.properties ? settingRows(schema, `${prefix}${name}.`) : []),
  ])
}

export function settingsTable(schema) {
  return table(['setting', 'type', 'default', 'meaning'], settingRows(schema))
}

export function logEventTable(events) {
  const rows = Object.entries(events).map(([name, meaning]) => [code(name), meaning])
  return table(['event', 'meaning'], rows)
}

function amount({ measured, unit }) {
  const digits = Math.abs(measured) >= 100 ? 0 : 2
  const number = measured.toFixed(digits)
  return unit === '' || unit === 'x' ? number : `${number} ${unit}`
}

/** One section a group of `bench/figures.json`: where and when it was measured, and its figures. */
export function benchSections(groups) {
  return Object.values(groups)
    .flat()
    .map(({ title, date, machine, load, figures }) => {
      const rows = figures.map((figure) => [
        figure.what,
        amount(figure),
        figure.atMost ?? '',
        figure.note ?? '',
      ])
      const loads = `${load.start.toFixed(2)} at the start and ${load.end.toFixed(2)} at the end`
      return [
        `### ${title}`,
        `${date}, ${machine}. Load average ${loads}.`,
        table(['what', 'measured', 'aim', 'details'], rows),
      ].join('\n\n')
    })
    .join('\n\n')
}
