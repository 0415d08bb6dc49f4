/** The only page before login. Pure. */

import { contentSecurityPolicy, hashSource } from '../security/headers.ts'

const STYLE = `
:root { color-scheme: light dark; font: 16px/1.5 system-ui, sans-serif; background: Canvas; color: CanvasText; }
body { display: grid; place-items: center; min-height: 90vh; margin: 0; }
main { width: min(22rem, 90vw); }
h1 { font-size: 1.25rem; }
label { display: block; margin: 1rem 0 .25rem; }
input, button { box-sizing: border-box; width: 100%; padding: .5rem; font: inherit; }
button { margin-top: 1rem; cursor: pointer; }
[role=alert] { color: light-dark(#b00020, #ff8a8a); }
`

/** For the login page: its own style besides what every page may have. */
export const LOGIN_POLICY = contentSecurityPolicy([hashSource(STYLE)])

function escapeHtml(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('"', '&quot;')
}

function page(title: string, content: string, head = ''): string {
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>${escapeHtml(title)}</title>
${head}<style>${STYLE}</style>
</head>
<body>
<main>
${content}
</main>
</body>
</html>
`
}

const FORM = `<form method="post" action="/login">
<label for="password">Password</label>
<input id="password" name="password" type="password" autocomplete="current-password" required autofocus>
<button>Log in</button>
</form>`

/** The terminal shows no link when a password is set. */
const LINK =
  '<p>Open the link that the terminal of the console shows last. It works once, within 24 hours.</p>'

export interface LoginPageOptions {
  hasPassword: boolean
  /** Why the last attempt failed. */
  error?: string | undefined
}

export function loginPage({ hasPassword, error }: LoginPageOptions): string {
  const alert = error === undefined ? '' : `<p role="alert">${escapeHtml(error)}</p>\n`
  const way = hasPassword ? FORM : LINK
  return page('Log in - Customer.io sync', `<h1>Customer.io sync</h1>\n${alert}${way}`)
}

/**
 * Leads to the console. A redirect would not do: a browser that came from another site would follow
 * it without the cookie, because that is SameSite=Strict.
 */
export function loggedInPage(): string {
  const head = '<meta http-equiv="refresh" content="0; url=/">\n'
  return page('Customer.io sync', '<p><a href="/">Go to the console</a></p>', head)
}

/** In place of the page when the build has none. */
export function noPage(): string {
  const text =
    '<p>This build has no page. Its API is described in <a href="/api/v1/openapi.json">openapi.json</a>.</p>'
  return page('Customer.io sync', `<h1>Customer.io sync</h1>\n${text}`)
}
