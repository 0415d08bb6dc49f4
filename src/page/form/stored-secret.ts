/** Secrets that the console has stored, by the fields of the form. Pure. */

import type { Api } from '../../console/api/schemas.generated.ts'

type Secret = Api<'Secret'>

const WAREHOUSE_FIELD = /^(destination\.)?warehouse\./

/** Whether a URL hides something. One that cannot be shown may. */
function hidesSecret({ shown }: Secret): boolean {
  return shown === null || shown.includes('***')
}

/**
 * The stored secret of a field, if there is one. Secret fields of a warehouse are part of its URL.
 * @param path of the field in the document
 */
export function storedSecret(
  { secrets }: { secrets: readonly Secret[] },
  path: string,
): Secret | undefined {
  if (!WAREHOUSE_FIELD.test(path)) {
    return secrets.find(({ field, is_set }) => field === path && is_set)
  }
  const url = secrets.find(({ field, is_set }) => field === 'destination.warehouse_url' && is_set)
  return url && hidesSecret(url) ? url : undefined
}
