import { playHistory } from '../support/delivery-history.ts'
import type { Campaign } from './campaign.ts'

const HISTORIES = 400

export const MESSAGES: Campaign = {
  name: 'messages',
  title: 'Random histories of deliveries, with pauses and kills of the tap: nothing is lost',
  run: async ({ scale, seed, say }) => {
    const failures: string[] = []
    const histories = Math.ceil(HISTORIES * scale)
    const figures = { histories, runs: 0, kills: 0, deliveries: 0, requests: 0, checks: 0 }
    for (let at = 0; at < histories; at++) {
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
    return { figures, failures }
  },
}
