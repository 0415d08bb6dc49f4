/** Settings of the tap, with defaults and validated, as the programs get them. */

import tapSettings from '../../schemas/config/tap.json' with { type: 'json' }
import { validateSettings } from '../../src/config/settings.ts'
import type { TapConfig } from '../../src/schemas.generated.ts'

export function tapConfig(settings: Partial<TapConfig> = {}): TapConfig {
  return validateSettings({ app_api_key: 'some-key', ...settings }, tapSettings, 'TAP_CUSTOMERIO')
}
