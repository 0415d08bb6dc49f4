/** The password of the console. Only its scrypt hash is stored. */

import { randomBytes, scrypt, timingSafeEqual, type ScryptOptions } from 'node:crypto'
import { mkdir, rm } from 'node:fs/promises'
import { dirname } from 'node:path'
import { AppError } from '../../errors.ts'
import { readDataText, replaceDataFile } from '../../runner/connection/data-file.ts'
import { isNumber, isString, withShape, type Shape } from '../../runner/history/shape.ts'

const MIN_LENGTH = 12
const MAX_LENGTH = 1000
const SALT_BYTES = 16
const HASH_BYTES = 32

/** OWASP's choice with 32 MiB: https://cheatsheetseries.owasp.org (Password Storage). */
const COST = { cost: 2 ** 15, blockSize: 8, parallelization: 3 }
/** Node's default refuses this cost. */
const MAX_MEMORY_BYTES = 2 ** 27

interface StoredPassword {
  cost: number
  blockSize: number
  parallelization: number
  /** Base64. */
  salt: string
  /** Base64. */
  hash: string
}

const PASSWORD: Shape<StoredPassword> = {
  cost: isNumber,
  blockSize: isNumber,
  parallelization: isNumber,
  salt: isString,
  hash: isString,
}

async function scryptHash(password: string, salt: Buffer, options: ScryptOptions): Promise<Buffer> {
  return new Promise((resolve, reject) => {
    const limits = { ...options, maxmem: MAX_MEMORY_BYTES }
    scrypt(password.normalize('NFKC'), salt, HASH_BYTES, limits, (error, hash) =>
      error ? reject(error) : resolve(hash),
    )
  })
}

function parseStored(text: string): StoredPassword | undefined {
  try {
    return withShape(JSON.parse(text) as unknown, PASSWORD)
  } catch {
    return undefined
  }
}

/** Undefined when none is set. Throws CONFIG_INVALID for a damaged file. */
async function readPassword(path: string): Promise<StoredPassword | undefined> {
  const text = await readDataText(path)
  if (text === undefined) return undefined
  const stored = parseStored(text)
  if (stored) return stored
  throw new AppError('CONFIG_INVALID', `The password file ${path} is damaged.`, {
    hint: 'Set the password again with: customerio-sync console --set-password',
  })
}

export async function isPasswordSet(path: string): Promise<boolean> {
  return (await readPassword(path)) !== undefined
}

/**
 * Takes as long without a password as with a wrong one. One that is too long is wrong at once:
 * to normalize it would block the process for minutes.
 */
export async function isPassword(path: string, password: string): Promise<boolean> {
  if (password.length > MAX_LENGTH) return false
  const stored = await readPassword(path)
  const salt = stored ? Buffer.from(stored.salt, 'base64') : randomBytes(SALT_BYTES)
  const { cost, blockSize, parallelization } = stored ?? COST
  const found = await scryptHash(password, salt, { cost, blockSize, parallelization })
  const wanted = Buffer.from(stored?.hash ?? '', 'base64')
  return wanted.length === found.length && timingSafeEqual(found, wanted)
}

/** Throws USAGE for a password that is too short or too long. */
export function checkPassword(password: string): void {
  if (password.length >= MIN_LENGTH && password.length <= MAX_LENGTH) return
  throw new AppError('USAGE', `The password must have ${MIN_LENGTH} to ${MAX_LENGTH} characters.`)
}

/** Stores the hash of a password. Throws USAGE. */
export async function setPassword(path: string, password: string): Promise<void> {
  checkPassword(password)
  const salt = randomBytes(SALT_BYTES)
  const hash = await scryptHash(password, salt, COST)
  const stored: StoredPassword = {
    ...COST,
    salt: salt.toString('base64'),
    hash: hash.toString('base64'),
  }
  await mkdir(dirname(path), { recursive: true, mode: 0o700 })
  await replaceDataFile(path, `${JSON.stringify(stored)}\n`)
}

export async function removePassword(path: string): Promise<void> {
  await rm(path, { force: true })
}
