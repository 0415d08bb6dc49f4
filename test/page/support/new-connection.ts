/** The form of a new connection, as a person fills it in. */

import type { Page } from 'playwright-core'
import { settled } from './browser.ts'

/** Titles of the steps. */
export const STEPS = {
  name: 'Name',
  source: 'API key',
  destination: 'Destination',
  streams: 'Streams',
  schedule: 'Schedule',
  review: 'Review',
} as const

export const FIRST_LINK = 'Create the first connection'
export const CREATE_AND_SYNC = 'Create and sync now'

/** Waits until a step is shown and nothing is loading. */
export async function stepShown(page: Page, step: keyof typeof STEPS): Promise<void> {
  await page.getByRole('heading', { name: STEPS[step], level: 2, exact: true }).waitFor()
  await settled(page)
}

/** Completes a step, which leads to the next one. */
export async function goOn(page: Page, next: keyof typeof STEPS): Promise<void> {
  await page.getByRole('button', { name: 'Continue' }).click()
  await stepShown(page, next)
}

/** Enters the key and the address of a sandbox. */
export async function enterSource(
  page: Page,
  { apiKey, url }: { apiKey: string; url: string },
): Promise<void> {
  await page.getByText('More settings of the source').click()
  await page.getByLabel('API URL').fill(url)
  await page.getByLabel('App API key').fill(apiKey)
}

/** Waits for a check that found what it looked for, or for one that did not. */
export async function found(page: Page, tone: 'good' | 'bad'): Promise<void> {
  await page.locator(`.findings .state.${tone}`).first().waitFor()
}

/** Waits until the page of a connection or of a run shows this state. */
export async function stateShown(page: Page, word: string): Promise<void> {
  await page.locator('.head .state', { hasText: word }).waitFor()
  await settled(page)
}
