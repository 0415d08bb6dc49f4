/**
 * Writes src/schemas.generated.ts, the types of validated settings and of records, and
 * src/console/api/schemas.generated.ts, the types of the console's API. With --check it writes
 * nothing and fails when a file is out of date.
 */
import { readFile, readdir, writeFile } from 'node:fs/promises'
import { fileURLToPath } from 'node:url'
import { compile } from 'json-schema-to-typescript'
import { format, resolveConfig } from 'prettier'
import { apiTypes } from './api-types.js'

const folders = ['config/', 'records/'].map((folder) => new URL(folder, import.meta.url))
const apiFolder = new URL('api/', import.meta.url)

/**
 * The schema of a validated object. Validation fills in defaults, so a setting with a default is
 * always present. Titles of properties are dropped, because each would become a named type.
 */
function validated(schema) {
  const properties = Object.entries(schema.properties ?? {}).map(
    ([name, { title: _title, ...property }]) => [
      name,
      property.type === 'object' ? validated(property) : property,
    ],
  )
  if (properties.length === 0) return schema
  const defaulted = properties.flatMap(([name, property]) => ('default' in property ? [name] : []))
  return {
    ...schema,
    properties: Object.fromEntries(properties),
    required: [...new Set([...(schema.required ?? []), ...defaulted])],
  }
}

/** The types of one schema: its title and each of its definitions. */
async function typesOf(name, folder) {
  const schema = JSON.parse(await readFile(new URL(name, folder), 'utf8'))
  const types = [[schema.title, validated(schema)], ...Object.entries(schema.$defs ?? {})]
  return Promise.all(
    types.map(([title, type]) =>
      compile(type, title, {
        additionalProperties: false,
        bannerComment: '',
        cwd: fileURLToPath(folder),
        declareExternallyReferenced: false,
        format: false,
        ignoreMinAndMaxItems: true,
      }),
    ),
  )
}

async function generateTypes() {
  const types = await Promise.all(
    folders.map(async (folder) => {
      const names = (await readdir(folder)).filter((name) => name.endsWith('.json')).toSorted()
      return Promise.all(names.map(async (name) => typesOf(name, folder)))
    }),
  )
  return types.flat(2).join('\n')
}

/** Every definition of schemas/api/ by its name. */
async function apiDefinitions() {
  const names = (await readdir(apiFolder)).filter((name) => name !== 'operations.json').toSorted()
  const files = await Promise.all(names.map(async (name) => readFile(new URL(name, apiFolder))))
  return Object.assign({}, ...files.map((text) => JSON.parse(text).$defs))
}

const banner = `/*
 * Validated settings, in which a setting with a default is always present, and the records that the
 * programs write. Written by \`npm run generate\` from schemas/. Do not edit.
 */

`
const apiBanner = `/*
 * The console's API. Written by \`npm run generate\` from schemas/api/. Do not edit.
 */

`

const outputs = [
  { path: 'src/schemas.generated.ts', text: banner + (await generateTypes()) },
  {
    path: 'src/console/api/schemas.generated.ts',
    text: apiBanner + apiTypes(await apiDefinitions()),
  },
]

for (const { path, text } of outputs) {
  const output = new URL(`../${path}`, import.meta.url)
  const style = await resolveConfig(output)
  const wanted = await format(text, { ...style, parser: 'typescript' })
  if (!process.argv.includes('--check')) await writeFile(output, wanted)
  else if ((await readFile(output, 'utf8').catch(() => '')) !== wanted) {
    console.error(`${path} does not match schemas/. Run: npm run generate`)
    process.exitCode = 1
  }
}
