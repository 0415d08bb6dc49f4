/** DuckDB's own connections to the catalog wait until a commit is on disk. */

import assert from 'node:assert/strict'
import { test } from 'node:test'
import { loadText } from '../../conformance/support/loading.ts'
import { freshDatabase, query } from '../../conformance/support/postgres.ts'
import { temporaryFolder } from '../../support/programs.ts'
import { changed, record, SCHEMA, state, WITHOUT_LAKES as skip } from './lakes.ts'

/** Keeps the setting of each transaction that commits a snapshot. */
const SPY = `create table seen (setting text);
create function spy() returns trigger language plpgsql security definer as $$
begin insert into seen values (current_setting('synchronous_commit')); return new; end $$;
create trigger spy after insert on ducklake_snapshot for each row execute function spy()`

test(
  'overrides synchronous_commit of a role when it is off, and keeps a stronger one',
  { skip },
  async (t) => {
    const { name, url: catalog, client } = await freshDatabase(t)
    const role = `role_${name}`
    await client.query(`create role ${role} login superuser`)
    t.after(async () => {
      await query(`drop role ${role}`)
    })
    const at = new URL(catalog)
    at.username = role
    const url = changed(`ducklake:${at.href}`, {
      data_path: `${await temporaryFolder(t)}/`,
      extension_directory: process.env['TEST_DUCKDB_EXTENSIONS'] ?? '',
      maintenance: 'off',
    })
    const first = await loadText({ url, text: SCHEMA + record(1) + state(1) })
    assert.equal(first.error, undefined, String(first.error))
    await client.query(SPY)
    const cases: [setting: string, options: string, seen: string][] = [
      ['off', '', 'on'],
      ['on', '-c work_mem=5MB -c synchronous_commit=off', 'on'],
      ['local', '', 'local'],
      ['remote_apply', '', 'remote_apply'],
    ]
    for (const [setting, options, seen] of cases) {
      await client.query(`alter role ${role} set synchronous_commit = ${setting}`)
      await client.query('truncate seen')
      const given = options === '' ? url : changed(url, { options })
      const { error } = await loadText({ url: given, text: SCHEMA + record(2) + state(2) })
      assert.equal(error, undefined, String(error))
      const { rows } = await client.query<{ setting: string }>('select distinct setting from seen')
      assert.deepEqual(rows, [{ setting: seen }], `${setting} ${options}`)
    }
  },
)
