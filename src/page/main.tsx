/** Starts the page of the console. */

import { render } from 'preact'
import { App } from './screens/app.tsx'
import { startTheme } from './state/theme.ts'

startTheme()
const place = document.querySelector('#page')
// What index.html shows until now.
place?.replaceChildren()
if (place) render(<App />, place)
