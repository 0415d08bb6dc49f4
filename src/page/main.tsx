/** Starts the page of the console. */

import { render } from 'preact'
import { App } from './screens/app.tsx'
import { hasUnsavedForm } from './state/new-form.ts'
import { edits, warnBeforeClosing } from './state/edits.ts'
import { startTheme } from './state/theme.ts'

startTheme()
warnBeforeClosing(() => edits.get().size > 0 || hasUnsavedForm())
const place = document.querySelector('#page')
// What index.html shows until now.
place?.replaceChildren()
if (place) render(<App />, place)
