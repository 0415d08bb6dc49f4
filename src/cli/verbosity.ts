/** How much a run says: `--verbose`, `--quiet`, `LOGLEVEL` and `LOG_FORMAT`. */

import type { Options } from 'yargs'
import { AppError } from '../errors.ts'
import { requestedLevel, type Level } from '../logger.ts'

export interface VerbosityFlags {
  verbose?: boolean
  quiet?: boolean
}

export const VERBOSITY_OPTIONS: Record<string, Options> = {
  verbose: { boolean: true, describe: 'Also show what the tap and the target log' },
  quiet: { boolean: true, describe: 'Show nothing but errors' },
}

export interface Verbosity {
  /** Lines of this level and above are shown. */
  level: Level
  /** No progress, and no summary of a run that succeeded. */
  isQuiet: boolean
  /** All output is JSON, one object a line. */
  isJson: boolean
}

/** A flag wins over `LOGLEVEL`. Throws USAGE for both flags. */
export function verbosityOf({ verbose, quiet }: VerbosityFlags, env: NodeJS.ProcessEnv): Verbosity {
  if (verbose && quiet) throw new AppError('USAGE', 'Give --verbose or --quiet, not both.')
  const requested = requestedLevel('customerio-sync', env)
  const verboseLevel = requested === 'debug' ? 'debug' : 'info'
  return {
    level: quiet ? 'error' : verbose ? verboseLevel : (requested ?? 'warning'),
    isQuiet: quiet === true,
    isJson: env['LOG_FORMAT'] === 'json',
  }
}
