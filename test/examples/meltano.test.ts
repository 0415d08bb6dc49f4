import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { parse } from 'yaml'
import tap from '../../schemas/config/tap.json' with { type: 'json' }
import target from '../../schemas/config/target.json' with { type: 'json' }
import { ROOT, run } from '../support/programs.ts'

interface Plugin {
  name: string
  capabilities: string[]
  settings: { name: string; kind: string; sensitive?: boolean; options?: { value: string }[] }[]
}

const { plugins } = parse(readFileSync(join(ROOT, 'examples/meltano/meltano.yml'), 'utf8')) as {
  plugins: { extractors: Plugin[]; loaders: Plugin[] }
}

/**
 * A setting of ours as Meltano describes one. Its kind `decimal` cannot be written into a config
 * file (seen with 4.4.1).
 */
function described([name, setting]: [string, Record<string, unknown>]) {
  const kinds: Record<string, string> = { integer: 'integer', boolean: 'boolean' }
  const kind = kinds[String(setting['type'])] ?? 'string'
  const options = setting['enum'] as string[] | undefined
  return {
    name,
    kind: options ? 'options' : setting['format'] === 'rfc3339' ? 'date_iso8601' : kind,
    sensitive: setting['writeOnly'] === true,
    options: options ?? [],
  }
}

for (const [plugin, schema] of [
  [plugins.extractors[0], tap],
  [plugins.loaders[0], target],
] as const) {
  test(`the Meltano example lists the settings and capabilities of ${plugin?.name}`, async () => {
    assert.ok(plugin)
    const found = plugin.settings.map(({ name, kind, sensitive = false, options = [] }) => ({
      name,
      kind,
      sensitive,
      options: options.map(({ value }) => value),
    }))
    assert.deepEqual(found, Object.entries(schema.properties).map(described))
    const about = await run(plugin.name, { args: ['--about', '--format', 'json'] })
    const { capabilities } = JSON.parse(about.stdout) as { capabilities: string[] }
    // Meltano's schema does not know these two of the Meltano Hub.
    const known = capabilities.filter((one) => !['target-schema', 'validate-records'].includes(one))
    assert.deepEqual(plugin.capabilities.toSorted(), known.toSorted())
  })
}
