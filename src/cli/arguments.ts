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
  return command(line).parseSync([...args]) as T
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
