import { playHistory } from '../support/delivery-history.ts'
import type { Campaign } from './campaign.ts'

const HISTORIES = 400
/** Most of the time of a history is spent waiting for responses. */
const AT_ONCE = 8

export const MESSAGES: Campaign = {
  name: 'messages',
  title: 'Random histories of deliveries, with pauses and kills of the tap: nothing is lost',
  run: async ({ scale, seed, say }) => {
    const failures: string[] = []
    const histories = Math.ceil(HISTORIES * scale)
    const figures = { histories, runs: 0, kills: 0, deliveries: 0, requests: 0, checks: 0 }
    let started = 0
    const playAll = async () => {
      while (started < histories) {
        const at = started++
        try {
          const { runs, kills, deliveries, requests, checks } = await playHistory(seed + at)
          figures.runs += runs
          figures.kills += kills
          figures.deliveries += deliveries
          figures.requests += requests
          figures.checks += checks
        } catch (error) {
          failures.push(`CAMPAIGN_SEED=${seed + at} CAMPAIGN_SCALE=0.001: ${String(error)}`)
        }
        if (at % 50 === 49) say(`${at + 1} of ${histories} histories`)
      }
    }
    await Promise.all(Array.from({ length: AT_ONCE }, playAll))
    return { figures, failures }
  },
}
