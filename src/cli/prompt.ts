/**
 * Prompts on a terminal. Our own instead of @inquirer/prompts, whose version 8 needs Node 22 and
 * brings some 20 packages: node:readline does all that a line, a hidden line and a list need.
 */

import { createInterface } from 'node:readline/promises'
import { Writable } from 'node:stream'
import { AppError } from '../errors.ts'

export interface Question {
  text: string
  /** Used for an empty answer. */
  default?: string | undefined
  /** What is shown of the default, when it holds a secret. @default all of it */
  shownDefault?: string
  /** True for secrets: the terminal does not show the input. */
  isHidden?: boolean
  /** Throws an AppError for an invalid answer; the question is then repeated. */
  check?: (answer: string) => void | Promise<void>
}

export interface Choice<Name extends string> {
  name: Name
  /** What it means, if its name does not say it. */
  label?: string
}

/** True when a person sits at a terminal. */
export function canAsk(): boolean {
  return process.stdin.isTTY && process.stderr.isTTY
}

async function askOnce(question: Question, signal: AbortSignal): Promise<string> {
  const { text, isHidden, default: fallback, shownDefault = fallback } = question
  const shown = shownDefault === undefined || shownDefault === '' ? '' : ` [${shownDefault}]`
  const nothing = new Writable({ write: (_chunk, _encoding, done) => done() })
  const output = isHidden ? nothing : process.stderr
  const lines = createInterface({ input: process.stdin, output, terminal: true })
  // In raw mode Ctrl-C is a character. Turned into a signal, it stops the program as usual.
  lines.on('SIGINT', () => process.kill(process.pid, 'SIGINT'))
  const closed = new Promise<never>((_resolve, reject) => {
    lines.once('close', () =>
      reject(new AppError('USAGE', 'The input ended before the question was answered.')),
    )
  })
  closed.catch(() => undefined) // closing below rejects it too, after the answer
  try {
    if (isHidden) process.stderr.write(`${text}${shown}: `)
    const prompt = isHidden ? '' : `${text}${shown}: `
    const answer = await Promise.race([lines.question(prompt, { signal }), closed])
    return answer.trim() === '' ? (fallback ?? '') : answer.trim()
  } catch (error) {
    if (signal.aborted && !isHidden) process.stderr.write('\n')
    signal.throwIfAborted()
    throw error
  } finally {
    lines.close()
    if (isHidden) process.stderr.write('\n')
  }
}

/** Repeats the question until the answer is valid. Throws the signal's reason. */
export async function ask(question: Question, signal: AbortSignal): Promise<string> {
  for (;;) {
    const answer = await askOnce(question, signal)
    try {
      await question.check?.(answer)
      return answer
    } catch (error) {
      if (!(error instanceof AppError)) throw error
      process.stderr.write(`  ${error.fullText}\n`)
    }
  }
}

/** Asks for one of the choices, by its name or its number. */
export async function askChoice<const Name extends string>(
  question: { text: string; choices: readonly Choice<Name>[]; default?: Name },
  signal: AbortSignal,
): Promise<Name> {
  const { text, choices } = question
  const width = Math.max(...choices.map(({ name }) => name.length))
  const lines = choices.map(({ name, label = '' }, at) =>
    `  ${at + 1}  ${name.padEnd(width)}  ${label}`.trimEnd(),
  )
  process.stderr.write(`${lines.join('\n')}\n`)
  const find = (answer: string) =>
    choices.find(({ name }, at) => name === answer || String(at + 1) === answer)
  const check = (answer: string) => {
    if (find(answer)) return
    const names = choices.map(({ name }) => name).join(', ')
    throw new AppError('USAGE', `Answer with a number or a name: ${names}.`)
  }
  const answer = await ask({ text, default: question.default, check }, signal)
  // `ask` returns only what `check` lets pass.
  return find(answer)?.name as Name
}

const YES = /^y(?:es)?$/i
const NO = /^no?$/i

/** Asks a question that is answered with yes or no. */
export async function askYesNo(
  text: string,
  isDefaultYes: boolean,
  signal: AbortSignal,
): Promise<boolean> {
  const check = (answer: string) => {
    if (!YES.test(answer) && !NO.test(answer)) throw new AppError('USAGE', 'Answer yes or no.')
  }
  const question = { text: `${text} yes or no`, default: isDefaultYes ? 'yes' : 'no', check }
  return YES.test(await ask(question, signal))
}
