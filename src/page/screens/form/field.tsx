/** One field of a form: its label, its input, its help and its problem. */

import type { ComponentChildren } from 'preact'
import { useEffect, useId, useRef, useState } from 'preact/hooks'
import { isTyped } from '../../form/key-test.ts'
import { parseField, shownText, type FormField } from '../../form/schema-fields.ts'
import { valueAt } from '../../view/documents.ts'
import { keptSecret, storedSecret } from '../../form/stored-secret.ts'
import type { FormTools } from './form-tools.ts'

interface InputProps {
  id: string
  text: string
  placeholder: string
  describedBy: string
  isInvalid: boolean
  /** @param isTyped whether it may be half of a text */
  onText: (text: string, isTyped: boolean) => void
  onLeave: () => void
}

function common({ id, text, placeholder, describedBy, isInvalid, onText, onLeave }: InputProps) {
  return {
    id,
    value: text,
    placeholder,
    'aria-describedby': describedBy,
    'aria-invalid': isInvalid,
    onInput: (event: InputEvent & { currentTarget: HTMLInputElement }) =>
      onText(event.currentTarget.value, isTyped(event)),
    onBlur: onLeave,
    autocomplete: 'off',
    spellcheck: false,
  }
}

function SecretInput(props: InputProps) {
  const [isShown, setShown] = useState(false)
  return (
    <div class="with-button">
      {isShown ? (
        <input type="text" {...common(props)} />
      ) : (
        <input type="password" {...common(props)} autocomplete="new-password" />
      )}
      <button type="button" aria-pressed={isShown} onClick={() => setShown(!isShown)}>
        {isShown ? 'Hide' : 'Show'}
      </button>
    </div>
  )
}

function ChoiceInput({
  choices,
  ...props
}: InputProps & { choices: readonly (readonly [string, string])[] }) {
  const { id, text, describedBy, isInvalid, onText, onLeave, placeholder } = props
  return (
    <select
      id={id}
      value={text}
      aria-describedby={describedBy}
      aria-invalid={isInvalid}
      onChange={(event) => onText(event.currentTarget.value, false)}
      onBlur={onLeave}
    >
      <option value="">{placeholder === '' ? 'Not set' : placeholder}</option>
      {choices.map(([value, title]) => (
        <option key={value} value={value}>
          {title}
        </option>
      ))}
    </select>
  )
}

const YES_NO = [
  ['true', 'Yes'],
  ['false', 'No'],
] as const

function defaultTextOf({ kind, defaultText }: FormField): string {
  if (defaultText === '') return ''
  const shown = kind === 'boolean' ? (defaultText === 'true' ? 'Yes' : 'No') : defaultText
  return kind === 'choice' || kind === 'boolean' ? `Default: ${shown}` : shown
}

function Input({ field, ...props }: InputProps & { field: FormField }) {
  switch (field.kind) {
    case 'secret':
      return <SecretInput {...props} />
    case 'choice':
      return <ChoiceInput {...props} choices={field.choices.map((one) => [one, one] as const)} />
    case 'boolean':
      return <ChoiceInput {...props} choices={YES_NO} />
    case 'number':
      return <input type="text" inputMode="decimal" class="short" {...common(props)} />
    case 'text':
      return <input type="text" {...common(props)} />
  }
}

export interface LabelledProps {
  id: string
  label: string
  isOptional: boolean
  help: ComponentChildren
  problem: string | undefined
  children: ComponentChildren
}

/** A label above, help and a problem below. Their ids are `describedByIds`. */
export function Labelled({ id, label, isOptional, help, problem, children }: LabelledProps) {
  return (
    <div class={problem === undefined ? 'field' : 'field invalid'}>
      <label for={id}>
        {label}
        {isOptional && <span class="optional quiet"> (optional)</span>}
      </label>
      {children}
      <p class="problem" id={`${id}-problem`} role="alert">
        {problem !== undefined && `${label} ${problem.replace(/\.$/, '')}.`}
      </p>
      <p class="help" id={`${id}-help`}>
        {help}
      </p>
    </div>
  )
}

export function describedByIds(id: string): string {
  return `${id}-problem ${id}-help`
}

function placeholderOf(field: FormField, isKept: boolean): string {
  if (isKept) return 'Stored. Leave it empty to keep it.'
  const standard = defaultTextOf(field)
  return standard === '' ? field.example : standard
}

/** How to be without a stored secret: an empty field keeps it, null removes it. */
function SecretRemoval({ label, path, tools }: { label: string; path: string; tools: FormTools }) {
  const isRemoved = valueAt(tools.document, path) === null
  const text = isRemoved ? 'Keep it' : 'Remove the stored one'
  return (
    <p>
      {isRemoved && 'The stored one is removed when you save. '}
      <button
        type="button"
        aria-label={`${text}: ${label}`}
        onClick={() => tools.change(path, isRemoved ? undefined : null)}
      >
        {text}
      </button>
    </p>
  )
}

interface FieldProps {
  field: FormField
  /** Path of its setting in the document. */
  path: string
  tools: FormTools
  /** Called with each change, and when the field is left: whether a person is in a text. */
  onTyping?: ((isTyping: boolean) => void) | undefined
}

/** A field of the document. */
export function Field({ field, path, tools, onTyping }: FieldProps) {
  const id = useId()
  const [typed, setTyped] = useState<string>()
  const value = valueAt(tools.document, path)
  const problem = tools.problems.get(path)
  const isOptional = !field.isRequired
  const isStored = field.kind === 'secret' && storedSecret(tools, path) !== undefined
  const isKept = isStored && keptSecret(tools, path) !== undefined
  return (
    <Labelled
      id={id}
      label={field.label}
      isOptional={isOptional}
      help={field.help}
      problem={problem}
    >
      <Input
        field={field}
        id={id}
        text={shownText(field, typed, value)}
        placeholder={placeholderOf(field, isKept && value !== null)}
        describedBy={describedByIds(id)}
        isInvalid={problem !== undefined}
        onText={(text, isHalf) => {
          onTyping?.(isHalf)
          setTyped(text)
          tools.change(path, parseField(field, text))
          if (text !== '') tools.touch(path)
        }}
        onLeave={() => {
          onTyping?.(false)
          tools.touch(path)
        }}
      />
      {isStored && isOptional && (value ?? null) === null && (
        <SecretRemoval label={field.label} path={path} tools={tools} />
      )}
    </Labelled>
  )
}

/** Fields that few people need, closed at first. Open when one of them has a problem. */
export function MoreFields(props: {
  title: string
  section: string
  fields: readonly FormField[]
  tools: FormTools
  onTyping?: FieldProps['onTyping']
}) {
  const { title, section, fields, tools, onTyping } = props
  const details = useRef<HTMLDetailsElement>(null)
  const hasProblem = fields.some(({ name }) => tools.problems.has(`${section}.${name}`))
  useEffect(() => {
    // It is never closed by the page, because a person may be typing in it.
    if (hasProblem && details.current) details.current.open = true
  }, [hasProblem])
  return (
    <details ref={details}>
      <summary>{title}</summary>
      <div class="fields">
        {fields.map((field) => (
          <Field
            key={field.name}
            field={field}
            path={`${section}.${field.name}`}
            tools={tools}
            onTyping={onTyping}
          />
        ))}
      </div>
    </details>
  )
}
