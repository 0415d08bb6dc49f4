/**
 * Writes what the settings say about single streams, from the list of streams: the names in
 * config/tap.json, and the modes in config/connection.json. With --check it writes nothing and
 * fails when a file is out of date. It reads the compiled sources in dist/, so build first.
 */
import { readFile, writeFile } from 'node:fs/promises'
import { format, resolveConfig } from 'prettier'
import { STREAM_NAMES } from '../dist/src/streams/index.js'
import { modesOf } from '../dist/src/streams/modes.js'

function withNames({ properties, ...schema }) {
  const [words, list] = properties.streams.anyOf
  const items = { ...list.items, enum: STREAM_NAMES }
  const streams = { ...properties.streams, anyOf: [words, { ...list, items }] }
  return { ...schema, properties: { ...properties, streams } }
}

function withModes({ properties, ...schema }) {
  const modes = STREAM_NAMES.map((name) => [name, { type: 'string', enum: modesOf(name) }])
  const resources = { ...properties.resources, properties: Object.fromEntries(modes) }
  return { ...schema, properties: { ...properties, resources } }
}

/** The members of an object in the order of another one. */
function inOrderOf(order, object) {
  return Object.fromEntries(Object.keys(order).map((name) => [name, object[name]]))
}

const outputs = [
  { name: 'config/tap.json', change: withNames },
  { name: 'config/connection.json', change: withModes },
]

for (const { name, change } of outputs) {
  const url = new URL(name, import.meta.url)
  const text = await readFile(url, 'utf8')
  const schema = JSON.parse(text)
  const style = await resolveConfig(url)
  const changed = JSON.stringify(inOrderOf(schema, change(schema)), undefined, 2)
  const wanted = await format(changed, { ...style, parser: 'json' })
  if (text === wanted) continue
  if (process.argv.includes('--check')) {
    console.error(`schemas/${name} does not match the streams. Run: npm run generate`)
    process.exitCode = 1
  } else {
    await writeFile(url, wanted)
  }
}
