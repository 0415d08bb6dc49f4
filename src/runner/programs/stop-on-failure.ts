/** Runs calls concurrently and stops all of them at the first failure. */

type Call<T> = (signal: AbortSignal) => Promise<T>

/**
 * Returns the results in order. At the first failure, stops the other calls, waits for them, and
 * throws that failure.
 */
export async function concurrentCalls<const Calls extends readonly Call<unknown>[]>(
  signal: AbortSignal,
  calls: Calls,
): Promise<{ [At in keyof Calls]: Awaited<ReturnType<Calls[At]>> }> {
  const failing = new AbortController()
  let first: { error: unknown } | undefined
  const either = AbortSignal.any([signal, failing.signal])
  const settled = await Promise.all(
    calls.map(async (call) => {
      try {
        return await call(either)
      } catch (error) {
        first ??= { error }
        failing.abort(error)
        return undefined
      }
    }),
  )
  if (first) throw first.error
  // No call failed, so each position holds the result of its call.
  return settled as { [At in keyof Calls]: Awaited<ReturnType<Calls[At]>> }
}
