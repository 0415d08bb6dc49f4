/** Command lines by yargs, with our exit codes: a fault in the arguments is one sentence and status 2. */

import yargs, { type Options } from 'yargs'
import { AppError } from '../errors.ts'

export interface CommandLine {
  name: string
  usage: string
  options: Record<string, Options>
  /** Fewest and most words that are no options; they come as `_`. @default none */
  words?: readonly [min: number, max: number]
  examples: readonly (readonly [command: string, description: string])[]
}

/** Takes the options. Throws USAGE, naming the argument. Undefined when help was asked for and has been printed on stdout. */
export function parseArguments<T>(line: CommandLine, args: readonly string[]): T | undefined {
  if (args.includes('--help') || args.includes('-h')) {
    command(line).showHelp((text) => process.stdout.write(`${text}\n`))
    return undefined
  }
  const flags = command(line).parseSync([...args])
  refuseRepeated(line, flags)
  return flags as T
}

/** An option that takes one value would otherwise come as a list. */
function refuseRepeated(line: CommandLine, flags: Record<string, unknown>): void {
  const repeated = Object.entries(line.options).find(
    ([name, { array }]) => array !== true && Array.isArray(flags[name]),
  )
  if (!repeated) return
  throw new AppError('USAGE', `--${repeated[0]} was given more than once; it takes one value.`, {
    hint: `See ${line.name} --help.`,
  })
}

/** What yargs says of a value outside `choices`, in several lines. */
const BAD_CHOICE = /Argument: (\S+), Given: (.*), Choices: (.*)/

function sentenceFor(message: string): string {
  const [, name, given = '', choices = ''] = BAD_CHOICE.exec(message) ?? []
  if (name === undefined) return `${message}.`.replace(/\.\.$/, '.')
  const names = choices.replaceAll('"', '').split(', ')
  return `--${name} takes ${names.slice(0, -1).join(', ')} or ${names.at(-1)}, not ${given}.`
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
