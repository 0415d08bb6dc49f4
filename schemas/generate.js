// Writes src/schemas.generated.ts from the JSON Schemas beside this file; with --check only says whether it is current.
import { readFile, readdir, writeFile } from 'node:fs/promises'
import { fileURLToPath } from 'node:url'
import { compile } from 'json-schema-to-typescript'
import { format, resolveConfig } from 'prettier'

const root = new URL('.', import.meta.url)
const output = new URL('../src/schemas.generated.ts', root)

/** Titles of properties would become type names of their own. */
function withoutPropertyTitles(schema) {
  const properties = Object.entries(schema.properties).map(([name, { title: _title, ...rest }]) => [
    name,
    rest,
  ])
  return { ...schema, properties: Object.fromEntries(properties) }
}

async function typesOf(folder) {
  const names = (await readdir(new URL(folder, root))).filter((name) => name.endsWith('.json'))
  return Promise.all(
    names.toSorted().map(async (name) => {
      const schema = JSON.parse(await readFile(new URL(`${folder}${name}`, root), 'utf8'))
      const declared = [[schema.title, withoutPropertyTitles(schema)]]
      const types = [...declared, ...Object.entries(schema.$defs ?? {})].map(([title, type]) =>
        compile(type, title, {
          additionalProperties: folder === 'streams/',
          bannerComment: '',
          cwd: fileURLToPath(new URL(folder, root)),
          declareExternallyReferenced: false,
          format: false,
        }),
      )
      return (await Promise.all(types)).join('\n')
    }),
  )
}

const folders = ['config/', 'records/', 'streams/']
const types = (await Promise.all(folders.map(typesOf))).flat().join('\n')
const banner = '/* Written by `npm run generate` from schemas/. Do not edit. */\n\n'
const style = await resolveConfig(output)
const wanted = await format(banner + types, { ...style, parser: 'typescript' })

if (process.argv.includes('--check')) {
  if ((await readFile(output, 'utf8').catch(() => '')) !== wanted) {
    console.error('src/schemas.generated.ts does not match schemas/. Run: npm run generate')
    process.exitCode = 1
  }
} else {
  await writeFile(output, wanted)
}
