/** Questions on a terminal. */

import { createInterface } from 'node:readline/promises'
import { Writable } from 'node:stream'
import { AppError } from '../../errors.ts'

export interface Question {
  text: string
  /** Taken for an empty answer. */
  default?: string
  /** True for secrets: what is typed is not shown. */
  isHidden?: boolean
  /** Throws an AppError for an answer that cannot be taken; then it is asked again. */
  check?: (answer: string) => void | Promise<void>
}

/** True where a person can be asked. */
export function canAsk(): boolean {
  return process.stdin.isTTY && process.stderr.isTTY
}

async function askOnce(question: Question, signal: AbortSignal): Promise<string> {
  const shown = question.default === undefined ? '' : ` [${question.default}]`
  const nothing = new Writable({ write: (_chunk, _encoding, done) => done() })
  const output = question.isHidden ? nothing : process.stderr
  const lines = createInterface({ input: process.stdin, output, terminal: true })
  // In raw mode Ctrl-C is a character; as a signal it ends the program like anywhere else.
  lines.on('SIGINT', () => process.kill(process.pid, 'SIGINT'))
  const closed = new Promise<never>((_resolve, reject) => {
    lines.once('close', () => reject(new AppError('USAGE', 'The input ended before the answer.')))
  })
  closed.catch(() => undefined) // also closed below, when the answer is there
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

/** The answer, asked again until it can be taken. Throws the signal's reason. */
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
