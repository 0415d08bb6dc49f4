/** Writes `--about` in the Meltano SDK's format (keys: `singer_sdk/about.py`). */

import { nameListOf } from '../config/name-list.ts'
import type { SettingSchema, SettingsSchema } from '../config/settings.ts'
import { packageVersion } from '../package-version.ts'

export interface About {
  name: string
  description: string
  /** Capabilities as the Meltano SDK names them. */
  capabilities: readonly string[]
  settings: SettingsSchema
}

export type AboutFormat = 'json' | 'markdown' | 'text'

function aboutJson(about: About): string {
  const properties = Object.entries(about.settings.properties).map(([name, setting]) => [
    name,
    setting.writeOnly ? { ...setting, secret: true } : setting,
  ])
  const document = {
    name: about.name,
    description: about.description,
    version: packageVersion(),
    sdk_version: null,
    supported_python_versions: [],
    capabilities: about.capabilities,
    settings: {
      type: 'object',
      properties: Object.fromEntries(properties) as unknown,
      required: about.settings.required ?? [],
    },
  }
  return JSON.stringify(document, undefined, 2)
}

function typeText(setting: SettingSchema): string {
  const list = nameListOf(setting)
  if (list) return [...list.words, 'a list'].join(' or ')
  return setting.enum ? setting.enum.map(String).join(' or ') : (setting.type ?? '')
}

function defaultText(setting: SettingSchema): string {
  return setting.default === undefined ? '' : JSON.stringify(setting.default)
}

function aboutMarkdown(about: About): string {
  const rows = Object.entries(about.settings.properties).map(([name, setting]) => {
    const required = about.settings.required?.includes(name) ? 'yes' : ''
    return `| \`${name}\` | ${typeText(setting)} | ${required} | ${defaultText(setting)} | ${setting.description ?? ''} |`
  })
  return [
    `# ${about.name}`,
    '',
    about.description,
    '',
    '## Capabilities',
    '',
    ...about.capabilities.map((name) => `- \`${name}\``),
    '',
    '## Settings',
    '',
    '| setting | type | required | default | description |',
    '| --- | --- | --- | --- | --- |',
    ...rows,
  ].join('\n')
}

function aboutText(about: About): string {
  const settings = Object.entries(about.settings.properties).map(([name, setting]) => {
    const given = defaultText(setting)
    return `  ${name} (${typeText(setting)}${given === '' ? '' : `, default ${given}`}): ${setting.description ?? ''}`
  })
  return [
    `${about.name} ${packageVersion()}: ${about.description}`,
    `Capabilities: ${about.capabilities.join(', ')}`,
    'Settings:',
    ...settings,
  ].join('\n')
}

/** The `--about` text, without a final line end. */
export function printAbout(about: About, format: AboutFormat): string {
  switch (format) {
    case 'json':
      return aboutJson(about)
    case 'markdown':
      return aboutMarkdown(about)
    case 'text':
      return aboutText(about)
  }
}
