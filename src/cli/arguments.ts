/** Parses command lines with yargs. A usage error is one sentence and exit status 2. */

import yargs, { type Options } from 'yargs'
import { AppError } from '../errors.ts'

export interface CommandLine {
  name: string
  usage: string
  options: Record<string, Options>
  /** Least and most positional arguments, which arrive as `_`. @default none */
  words?: readonly [min: number, max: number]
  examples: readonly (readonly [command: string, description: string])[]
}

/**
 * Parses the arguments. Undefined when `--help` was given; the help is then printed. Throws USAGE.
 */
export function parseArguments<T>(line: CommandLine, args: readonly string[]): T | undefined {
  if (args.includes('--help') || args.includes('-h')) {
    command(line).showHelp((text) => process.stdout.write(`${text}\n`))
    return undefined
  }
  const flags = command(line).parseSync([...args])
  refuseRepeated(line, flags)
  return flags as T
}

/** Yargs turns a repeated option into a list. Throws USAGE for options that take one value. */
function refuseRepeated(line: CommandLine, flags: Record<string, unknown>): void {
  const repeated = Object.entries(line.options).find(
    ([name, { array }]) => array !== true && Array.isArray(flags[name]),
  )
  if (!repeated) return
  throw new AppError('USAGE', `--${repeated[0]} was given more than once. It takes one value.`, {
    hint: `See ${line.name} --help.`,
  })
}

/** The message of yargs for a value outside `choices`. It spans several lines. */
const BAD_CHOICE = /Argument: (\S+), Given: (.*), Choices: (.*)/

function sentenceFor(message: string): string {
  const [, name, given = '', choices = ''] = BAD_CHOICE.exec(message) ?? []
  if (name === undefined) return `${message}.`.replace(/\.\.$/, '.')
  const names = choices.replaceAll('"', '').split(', ')
  return `--${name} must be ${names.slice(0, -1).join(', ')} or ${names.at(-1)}, not ${given}.`
}

function command(line: CommandLine) {
  return yargs()
    .scriptName(line.name)
    .usage(line.usage)
    .version(false)
    .options(line.options)
    .example(line.examples.map(([shown, description]) => [shown, description]))
    .demandCommand(...(line.words ?? [0, 0]))
    .strict()
    .help('help', 'Show this help')
    .alias('help', 'h')
    .wrap(Math.min(120, process.stdout.columns ?? 100))
    .exitProcess(false)
    .fail((message, cause) => {
      throw new AppError('USAGE', sentenceFor(message ?? cause.message), {
        hint: `See ${line.name} --help.`,
        cause,
      })
    })
}
