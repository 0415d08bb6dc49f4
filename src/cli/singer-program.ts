/** What the tap and the target share: common flags, and the requests that need no configuration. */

import type { Options } from 'yargs'
import type { SettingsSchema } from '../config/settings.ts'
import type { Logger } from '../logger.ts'
import { secretsInUrl } from '../urls/url-secrets.ts'
import { AppError } from '../errors.ts'
import type { AboutFormat } from './about.ts'
import { print } from './print.ts'

/** The fixed facts of one program. */
export interface SingerProgram {
  name: string
  description: string
  /** Capabilities as the Meltano SDK names them. */
  capabilities: readonly string[]
  settings: SettingsSchema
  /** Prefix of the environment variables that `--config ENV` reads. */
  envPrefix: string
}

export interface SingerFlags {
  config?: string[]
  about?: boolean
  format: string
  version?: boolean
}

/** `--config` reads settings from files and, as `ENV`, from the environment. */
export function configOption(envPrefix: string): Options {
  return {
    alias: 'c',
    string: true,
    array: true,
    requiresArg: true,
    nargs: 1,
    describe: `JSON file with settings. Repeatable; later files win. ENV reads ${envPrefix}_* variables`,
  }
}

const ABOUT_FORMATS: readonly string[] = ['text', 'json', 'markdown'] satisfies AboutFormat[]

function isAboutFormat(format: string): format is AboutFormat {
  return ABOUT_FORMATS.includes(format)
}

/**
 * `--about`, `--format` and `--version`.
 * @param others formats that `--about` does not have
 */
export function aboutOptions(
  kind: 'tap' | 'target',
  ...others: readonly string[]
): Record<string, Options> {
  return {
    about: { boolean: true, describe: `Describe the ${kind} and its settings` },
    format: {
      choices: [...ABOUT_FORMATS, ...others],
      default: 'text',
      describe:
        kind === 'tap'
          ? 'Output format of --about and --list-streams'
          : 'Output format of --about, --query, --preview',
    },
    version: { boolean: true, describe: 'Print the version' },
  }
}

/** Prints `--version` or `--about`. Returns false when neither was given. */
export async function printProgramInfo(
  program: SingerProgram,
  flags: SingerFlags,
): Promise<boolean> {
  if (flags.version) {
    const { packageVersion } = await import('../package-version.ts')
    await print(`${program.name} ${packageVersion()}`)
    return true
  }
  if (!flags.about) return false
  if (!isAboutFormat(flags.format)) {
    throw new AppError('USAGE', `--about prints text, json or markdown, not ${flags.format}.`)
  }
  const { printAbout } = await import('./about.ts')
  await print(printAbout(program, flags.format))
  return true
}

/**
 * Loads the settings of `--config`.
 * @param otherSettings settings of the other program, which may share the file.
 */
export async function loadSettings<T extends object>(
  program: SingerProgram,
  otherSettings: SettingsSchema,
  work: { flags: SingerFlags; env: NodeJS.ProcessEnv; logger: Logger },
): Promise<T> {
  const { loadConfig } = await import('../config/load-config.ts')
  return loadConfig<T>(program.settings, {
    paths: work.flags.config ?? [],
    envPrefix: program.envPrefix,
    env: work.env,
    shared: Object.keys(otherSettings.properties),
    warn: (sentence) => work.logger.warn('settings_unknown', sentence),
  })
}

/** Masks the password and the secret options of a URL, both as written and decoded. */
export function maskUrl(url: string, logger: Logger): void {
  for (const secret of secretsInUrl(url)) logger.mask(secret)
}
