/** Calls of programs that run at the same time and stand or fall together. */

type Call<T> = (signal: AbortSignal) => Promise<T>

/** Results in order. At the first failure the others are stopped, waited for, and that failure is thrown. */
export async function together<const Calls extends readonly Call<unknown>[]>(
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
  return settled as { [At in keyof Calls]: Awaited<ReturnType<Calls[At]>> }
}
