/**
 * Prompts on a terminal. Our own, because prompt libraries add dozens of packages for one hidden
 * input.
 */

import { createInterface } from 'node:readline/promises'
import { Writable } from 'node:stream'
import { AppError } from '../errors.ts'

export interface Question {
  text: string
  /** Used for an empty answer. */
  default?: string
  /** True for secrets: the terminal does not show the input. */
  isHidden?: boolean
  /** Throws an AppError for an invalid answer; the question is then repeated. */
  check?: (answer: string) => void | Promise<void>
}

/** True when a person sits at a terminal. */
export function canAsk(): boolean {
  return process.stdin.isTTY && process.stderr.isTTY
}

async function askOnce(question: Question, signal: AbortSignal): Promise<string> {
  const shown = question.default === undefined ? '' : ` [${question.default}]`
  const nothing = new Writable({ write: (_chunk, _encoding, done) => done() })
  const output = question.isHidden ? nothing : process.stderr
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
    if (question.isHidden) process.stderr.write(`${question.text}${shown}: `)
    const prompt = question.isHidden ? '' : `${question.text}${shown}: `
    const answer = await Promise.race([lines.question(prompt, { signal }), closed])
    return answer.trim() === '' ? (question.default ?? '') : answer.trim()
  } catch (error) {
    signal.throwIfAborted()
    throw error
  } finally {
    lines.close()
    if (question.isHidden) process.stderr.write('\n')
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
