/**
 * Writes the generated parts of the docs: the regions between `<!-- generated: NAME -->` and `<!--
 * /generated -->`, and one SVG for each diagram. With --check it writes nothing and fails when
 * something is out of date. It reads schemas/ and the compiled sources in dist/, so build first.
 */
import { readFile, readdir, writeFile } from 'node:fs/promises'
import { format, resolveConfig } from 'prettier'
import { LOG_EVENTS } from '../dist/src/log-events.js'
import * as cost from '../dist/src/streams/cost.js'
import { STREAMS } from '../dist/src/streams/index.js'
import { drawDiagram } from './diagram.js'
import { programHelp, runnerHelp } from './help.js'
import { streamList, streamSections } from './stream-sections.js'
import { benchSections, logEventTable, settingsTable } from './tables.js'

const docs = new URL('.', import.meta.url)
const root = new URL('../', docs)
const REGION = /<!-- generated: ([\w-]+) -->\n.*?<!-- \/generated -->/gs
const isCheck = process.argv.includes('--check')

async function readJson(path) {
  return JSON.parse(await readFile(new URL(path, root), 'utf8'))
}

async function streamSchemas() {
  const schemas = await Promise.all(STREAMS.map(({ id }) => readJson(`schemas/streams/${id}.json`)))
  return STREAMS.map((stream, at) => ({ stream, schema: schemas[at] }))
}

/** What each region holds. */
async function regionTexts() {
  const streams = await streamSchemas()
  return {
    'connection-settings': settingsTable(await readJson('schemas/config/connection.json')),
    'tap-settings': settingsTable(await readJson('schemas/config/tap.json')),
    'target-settings': settingsTable(await readJson('schemas/config/target.json')),
    'stream-list': streamList(streams, cost),
    streams: streamSections(streams, cost),
    'log-events': logEventTable(LOG_EVENTS),
    'bench-figures': benchSections(await readJson('bench/figures.json')),
    'tap-help': await programHelp('tap-customerio'),
    'target-help': await programHelp('target-warehouse'),
    'runner-help': await runnerHelp(),
  }
}

function fillRegions(page, texts, name) {
  return page.replaceAll(REGION, (_whole, region) => {
    if (!Object.hasOwn(texts, region)) {
      throw new Error(`${name} has a region "${region}" that docs/generate.js does not know.`)
    }
    return `<!-- generated: ${region} -->\n\n${texts[region]}\n\n<!-- /generated -->`
  })
}

async function pages() {
  const names = await readdir(docs, { recursive: true })
  const texts = await regionTexts()
  const markdown = names.filter((name) => name.endsWith('.md')).toSorted()
  return Promise.all(
    markdown.map(async (name) => {
      const url = new URL(name, docs)
      const filled = fillRegions(await readFile(url, 'utf8'), texts, `docs/${name}`)
      const style = await resolveConfig(url)
      return { name, text: await format(filled, { ...style, parser: 'markdown' }) }
    }),
  )
}

async function diagrams() {
  const names = await readdir(new URL('diagrams/', docs))
  return Promise.all(
    names
      .filter((name) => name.endsWith('.json'))
      .toSorted()
      .map(async (name) => ({
        name: `diagrams/${name.replace('.json', '.svg')}`,
        text: drawDiagram(await readJson(`docs/diagrams/${name}`)),
      })),
  )
}

for (const { name, text } of [...(await pages()), ...(await diagrams())]) {
  const url = new URL(name, docs)
  if ((await readFile(url, 'utf8').catch(() => '')) === text) continue
  if (isCheck) {
    console.error(`docs/${name} is out of date. Run: npm run generate`)
    process.exitCode = 1
  } else {
    await writeFile(url, text)
  }
}
