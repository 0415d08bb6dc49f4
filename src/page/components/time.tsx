/** Times: relative, with the exact instant on hover and focus. */

import {
  exactText,
  isSameClock,
  minuteText,
  relativeText,
  shortText,
  shownZone,
} from '../view/times.ts'
import { useNow, VIEWER_ZONE } from '../state/clock.ts'

export interface TimeProps {
  at: string
  /** In a link, a button or a summary, which has the focus already. */
  isInLink?: boolean
}

/** `5 min ago` */
export function Time({ at, isInLink = false }: TimeProps) {
  const text = relativeText(at, useNow())
  const focus = isInLink ? {} : { tabIndex: 0 }
  return (
    <time class="time" dateTime={at} data-exact={exactText(at, VIEWER_ZONE)} {...focus}>
      {text}
    </time>
  )
}

/** `2026-11-25 02:30:15 Europe/Berlin`, where the seconds count. */
export function ExactTime({ at }: { at: string }) {
  return <time dateTime={at}>{exactText(at, VIEWER_ZONE)}</time>
}

/** A time that may not be known. */
export function TimeOr({
  at,
  otherwise,
  isInLink = false,
}: Omit<TimeProps, 'at'> & { at: string | null; otherwise: string }) {
  if (at === null) return <span class="quiet">{otherwise}</span>
  return <Time at={at} isInLink={isInLink} />
}

/** The next run: relative, then in the zone of the schedule, then in that of the viewer. */
export function NextRun({ at, zone }: { at: string; zone: string }) {
  const now = useNow()
  const isSame = isSameClock(at, zone, VIEWER_ZONE)
  return (
    <span class="next">
      <Time at={at} />
      <span class="line quiet">
        {shortText(at, zone, now)} {shownZone(zone)}
      </span>
      {!isSame && (
        <span class="line quiet" title={minuteText(at, VIEWER_ZONE)}>
          {shortText(at, VIEWER_ZONE, now)} your time
        </span>
      )}
    </span>
  )
}
