import assert from 'node:assert/strict'
import { test } from 'node:test'
import tapSettings from '../../schemas/config/tap.json' with { type: 'json' }
import targetSettings from '../../schemas/config/target.json' with { type: 'json' }
import { nearestName } from '../../src/config/nearest-name.ts'

const KNOWN = [...Object.keys(tapSettings.properties), ...Object.keys(targetSettings.properties)]

test('suggests the setting that was probably meant', () => {
  const meant = {
    tabel_prefix: 'table_prefix',
    tableprefix: 'table_prefix',
    'TABLE-PREFIX': 'table_prefix',
    cutof_days: 'cutoff_days',
    api_key: 'app_api_key',
    warehouse_ur: 'warehouse_url',
    load_metod: 'load_method',
    schema: 'default_target_schema',
  }
  for (const [name, nearest] of Object.entries(meant))
    assert.equal(nearestName(name, KNOWN), nearest)
})

test('suggests nothing when no setting is near', () => {
  for (const name of ['flattening_enabled', 'zzz', '', 'x'.repeat(10_000)])
    assert.equal(nearestName(name, KNOWN), undefined)
})
