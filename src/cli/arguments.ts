/** Parses command lines with yargs. A usage error is one sentence and exit status 2. */

import yargs, { type Options } from 'yargs'
import { nearestName } from '../config/nearest-name.ts'
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
  refuseNoNumbers(line, flags, args)
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

/** Yargs turns the value of a number option that is no number into NaN. Throws USAGE with it. */
function refuseNoNumbers(
  line: CommandLine,
  flags: Record<string, unknown>,
  args: readonly string[],
): void {
  const [name] = Object.keys(line.options).filter((option) => Number.isNaN(flags[option]))
  if (name === undefined) return
  const at = args.findLastIndex((arg) => arg === `--${name}` || arg.startsWith(`--${name}=`))
  const [, ...inline] = (args[at] ?? '').split('=')
  const given = inline.length > 0 ? inline.join('=') : (args[at + 1] ?? '')
  throw new AppError('USAGE', `--${name} must be a number, not ${given}.`, {
    hint: `See ${line.name} --help.`,
  })
}

/** The message of yargs for an option that does not exist. */
const UNKNOWN_ARGUMENT = /^Unknown argument: (\S+)$/

function hintFor(message: string, { name, options }: CommandLine): string {
  const unknown = UNKNOWN_ARGUMENT.exec(message)?.[1]
  const nearest = unknown === undefined ? undefined : nearestName(unknown, Object.keys(options))
  return `${nearest === undefined ? '' : `Did you mean --${nearest}? `}See ${name} --help.`
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
      const text = message ?? cause.message
      throw new AppError('USAGE', sentenceFor(text), {
        hint: hintFor(text, line),
        cause,
      })
    })
}
