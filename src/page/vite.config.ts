/** Builds the page into dist/page, for a policy without inline scripts and styles. */

import { fileURLToPath } from 'node:url'
import { defineConfig } from 'vite'

const folder = fileURLToPath(new URL('.', import.meta.url))

export default defineConfig({
  root: folder,
  oxc: { jsx: { runtime: 'automatic', importSource: 'preact' } },
  build: {
    outDir: fileURLToPath(new URL('../../dist/page', import.meta.url)),
    emptyOutDir: true,
    target: 'es2023',
    // Files stay files: a policy without data: URLs for styles would refuse an inlined one.
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
  },
})
