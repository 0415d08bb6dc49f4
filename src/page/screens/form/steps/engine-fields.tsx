/** The engine of a warehouse and the form that its JSON Schema makes. */

import { useRef } from 'preact/hooks'
import { schemaFields } from '../../../form/schema-fields.ts'
import { storedSecret } from '../../../form/stored-secret.ts'
import { sectionAt, textAt, valueAt, type Document } from '../../../view/documents.ts'
import { Field } from '../field.tsx'
import type { FormTools } from '../form-tools.ts'

const PATH = 'destination.warehouse'

/** What a new warehouse begins with. */
export function emptyWarehouse({ forms }: FormTools): Document {
  return { engine: forms.engines[0]?.engine ?? 'duckdb', settings: {} }
}

function EngineFields({ tools }: { tools: FormTools }) {
  const { forms, document } = tools
  const chosen = textAt(document, `${PATH}.engine`)
  const entered = useRef<Record<string, Document>>({})
  const choose = (engine: string) => {
    entered.current[chosen] = sectionAt(document, `${PATH}.settings`)
    tools.change(PATH, { engine, settings: entered.current[engine] ?? {} })
  }
  const form = forms.engines.find(({ engine }) => engine === chosen)
  return (
    <>
      <fieldset class="options">
        <legend>Engine</legend>
        {forms.engines.map(({ engine, title, description }) => (
          <label class="option" key={engine}>
            <input
              type="radio"
              name="engine"
              checked={engine === chosen}
              onChange={() => choose(engine)}
            />
            <span>
              <span class="strong">{title}</span>
              <span class="line quiet">{description}</span>
            </span>
          </label>
        ))}
      </fieldset>
      {form &&
        schemaFields(form.settings).map((field) => (
          <Field
            key={`${chosen} ${field.name}`}
            field={field}
            path={`${PATH}.settings.${field.name}`}
            tools={tools}
          />
        ))}
    </>
  )
}

/** The form of a warehouse, or what is stored when its URL fits no form. */
export function WarehouseFields({ tools }: { tools: FormTools }) {
  if (valueAt(tools.document, PATH) !== undefined) return <EngineFields tools={tools} />
  const url = textAt(tools.document, 'destination.warehouse_url')
  const shown = url === '' ? storedSecret(tools, 'destination.warehouse_url')?.shown : url
  const replace = () => {
    const { warehouse_url: _url, ...others } = sectionAt(tools.document, 'destination')
    tools.change('destination', { ...others, warehouse: emptyWarehouse(tools) })
  }
  return (
    <p>
      The warehouse is <code class="breaks">{shown ?? 'stored, and cannot be shown'}</code>.{' '}
      <button type="button" onClick={replace}>
        Enter another one
      </button>
    </p>
  )
}
