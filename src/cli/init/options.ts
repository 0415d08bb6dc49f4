/** The flags of `init`: one for each question. */

import type { CommandLine } from '../arguments.ts'

export const INIT_OPTIONS: CommandLine['options'] = {
  region: {
    choices: ['us', 'eu'],
    describe: 'Region of the account. Detected from the key by default',
  },
  'api-url': {
    string: true,
    requiresArg: true,
    describe: "Base URL to use instead of the region's",
  },
  'cutoff-days': {
    number: true,
    requiresArg: true,
    describe: 'Days before now from which the first sync reads',
  },
  destination: {
    string: true,
    requiresArg: true,
    describe: 'Shared destination of the workspace. With --warehouse-url, a new one of that name',
  },
  'warehouse-url': {
    string: true,
    requiresArg: true,
    describe: 'Warehouse to load into: duckdb:, postgres://, ducklake:, iceberg: or clickhouse://',
  },
  schema: { string: true, requiresArg: true, describe: 'Database schema for the tables' },
  prefix: { string: true, describe: 'Prefix of every table name, used as written' },
  streams: {
    array: true,
    string: true,
    requiresArg: true,
    describe:
      'Streams to read, as NAME or NAME=full_refresh. By default newsletters, campaigns and campaign_actions',
  },
  schedule: {
    string: true,
    requiresArg: true,
    describe: 'manual, an interval from 5m to 24h, or five cron fields',
  },
  timezone: { string: true, requiresArg: true, describe: 'Time zone of the cron fields' },
  'start-at': {
    string: true,
    requiresArg: true,
    describe: 'Time of day in UTC, HH:MM, from which intervals count',
  },
  force: { boolean: true, describe: 'Overwrite an existing file' },
}

export const INIT_EXAMPLES: CommandLine['examples'] = [
  ['$0', 'Answer questions'],
  ['$0 --warehouse-url duckdb:cio.duckdb --prefix cio_ --schedule 3h', 'Use flags only'],
  [
    "$0 --warehouse-url 'postgres://loader:${PGPASSWORD}@db.example.com/analytics'",
    'Take the password from a variable in each run',
  ],
  [
    '$0 --connection eu --destination warehouse --streams newsletters campaigns=full_refresh',
    'Use a destination of the workspace',
  ],
]
