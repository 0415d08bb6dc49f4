#!/usr/bin/env node
await import('../dist/src/cli/tap-customerio.js')
