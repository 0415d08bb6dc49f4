/** Two people changed the same document: both edits next to each other, and the choice. */

import { useState } from 'preact/hooks'
import { Notice } from '../../components/notice.tsx'
import { Table, type TableColumn } from '../../components/table.tsx'
import { valueAt, valueText, withValue, type Document, type Merged } from '../../view/documents.ts'

export interface ConflictProps {
  /** What was changed, such as `connection`. */
  what: string
  base: Document
  ours: Document
  theirs: Document
  merged: Merged
  isSaving: boolean
  /** Called with the document to save. */
  onSave: (document: Document) => void
}

const SECRETS = /(app_api_key|secret|password|token|warehouse_url|notify\.url)$/

/** The console sends no secret. One that a person has just entered is hidden. */
function shown(document: Document, path: string): string {
  const value = valueAt(document, path)
  if (value === null) return 'removed'
  return SECRETS.test(path) && value !== undefined ? '***' : valueText(value)
}

interface Chosen {
  theirs: readonly string[]
}

function Choice({
  path,
  isTheirs,
  onChange,
}: {
  path: string
  isTheirs: boolean
  onChange: (isTheirs: boolean) => void
}) {
  return (
    <span class="modes" role="radiogroup" aria-label={`Which ${path}`}>
      <label class="check">
        <input
          type="radio"
          name={`choice-${path}`}
          checked={!isTheirs}
          onChange={() => onChange(false)}
        />{' '}
        Mine
      </label>
      <label class="check">
        <input
          type="radio"
          name={`choice-${path}`}
          checked={isTheirs}
          onChange={() => onChange(true)}
        />{' '}
        Theirs
      </label>
    </span>
  )
}

export function Conflict({ what, base, ours, theirs, merged, isSaving, onSave }: ConflictProps) {
  const [chosen, setChosen] = useState<Chosen>({ theirs: [] })
  const paths = [...merged.conflicts, ...merged.theirs]
  const columns: TableColumn<string>[] = [
    { title: 'Setting', cell: (path) => <code>{path}</code> },
    { title: 'Before', cell: (path) => shown(base, path) },
    { title: 'Mine', cell: (path) => shown(ours, path) },
    { title: 'Theirs', cell: (path) => shown(theirs, path) },
    {
      title: 'Keep',
      cell: (path) =>
        merged.conflicts.includes(path) ? (
          <Choice
            path={path}
            isTheirs={chosen.theirs.includes(path)}
            onChange={(isTheirs) =>
              setChosen({
                theirs: [
                  ...chosen.theirs.filter((one) => one !== path),
                  ...(isTheirs ? [path] : []),
                ],
              })
            }
          />
        ) : (
          'Theirs, because only they changed it'
        ),
    },
  ]
  const save = () =>
    onSave(
      chosen.theirs.reduce(
        (document, path) => withValue(document, path, valueAt(theirs, path)),
        merged.document,
      ),
    )
  return (
    <Notice tone="warning" title={`Somebody else changed this ${what} meanwhile.`}>
      <p>Nothing is lost. Your changes are still in the form. Choose what to keep, then save.</p>
      {paths.length > 0 && (
        <Table caption="Both changes" columns={columns} rows={paths} keyOf={(path) => path} />
      )}
      {paths.length === 0 && <p>Their changes are the same as yours.</p>}
      <div class="actions">
        <button type="button" class="primary" disabled={isSaving} onClick={save}>
          Save
        </button>
      </div>
    </Notice>
  )
}
