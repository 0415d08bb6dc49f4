import type { Sandbox } from '../../../src/sandbox/api/server.ts'
import type { JsonObject, JsonValue } from '../../../src/singer/json.ts'

interface Controlled {
  status: number
  body: JsonObject
}

/** Sends a request to the control API. A string is sent as it is. */
export async function control(
  sandbox: Sandbox,
  [method, path]: readonly [method: string, path: string],
  body?: JsonValue,
): Promise<Controlled> {
  const response = await fetch(new URL(`/sandbox${path}`, sandbox.url), {
    method,
    headers: { authorization: `Bearer ${sandbox.apiKey}` },
    ...(body !== undefined && { body: typeof body === 'string' ? body : JSON.stringify(body) }),
  })
  return { status: response.status, body: (await response.json()) as JsonObject }
}

/** The reason of a refused request. */
export function detailOf({ body }: Controlled): unknown {
  return (body['errors'] as { detail: string }[])[0]?.detail
}
