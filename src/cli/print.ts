import { LineWriter } from '../singer/writer.ts'

/** Prints lines on stdout and waits until they are written. */
export async function print(text: string): Promise<void> {
  const writer = new LineWriter(process.stdout)
  await writer.writeLine(text)
  await writer.flush()
}
