/** The engine of a warehouse and the form that its JSON Schema makes. */

import { useRef } from 'preact/hooks'
import { schemaFields } from '../../../form/schema-fields.ts'
import { sectionAt, textAt, type Document } from '../../../view/documents.ts'
import { Field } from '../field.tsx'
import type { FormTools } from '../form-tools.ts'

/** @param base path of the destination in the document; empty for a document that is one */
export function EngineFields({ base, tools }: { base: string; tools: FormTools }) {
  const path = base === '' ? 'warehouse' : `${base}.warehouse`
  const { forms, document } = tools
  const chosen = textAt(document, `${path}.engine`)
  const entered = useRef<Record<string, Document>>({})
  const choose = (engine: string) => {
    entered.current[chosen] = sectionAt(document, `${path}.settings`)
    tools.change(path, { engine, settings: entered.current[engine] ?? {} })
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
              name={`${path}-engine`}
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
            path={`${path}.settings.${field.name}`}
            tools={tools}
          />
        ))}
    </>
  )
}
