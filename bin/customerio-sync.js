#!/usr/bin/env node
await import('../dist/src/cli/customerio-sync.js')
