#!/usr/bin/env node
await import('../dist/src/cli/target-warehouse.js')
