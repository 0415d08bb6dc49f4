/** Checks the records of a stream against its current SCHEMA. */

import type { JsonObject } from '../../singer/json.ts'
import type { SchemaMessage } from '../../singer/messages.ts'
import { declaredProperties } from '../tables/plan.ts'
import { UNCHECKED, type RecordRules } from '../schema/rules.ts'
import type { Validate } from '../schema/validate.ts'
import type { StreamContext } from './context.ts'

export class RecordCheck {
  /** What the fast path has to check; undefined if only `validate` checks all of the SCHEMA. */
  readonly rules: RecordRules | undefined
  readonly validate: Validate
  readonly #properties: ReadonlySet<string>

  constructor({ config, validators }: StreamContext, schema: SchemaMessage) {
    const { validate_records: validates } = config
    this.rules = validates ? validators.rulesFor(schema) : UNCHECKED
    this.validate = validates ? validators.validatorFor(schema) : () => undefined
    this.#properties = new Set(Object.keys(declaredProperties(schema)))
  }

  /** The first property that the SCHEMA does not declare, `_sdc_` properties aside. */
  findUndeclared(record: JsonObject): string | undefined {
    return Object.keys(record).find(
      (name) => !this.#properties.has(name) && !name.startsWith('_sdc_'),
    )
  }
}
