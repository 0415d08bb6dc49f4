/** A chart of runs over time. uPlot is loaded with the first chart. */

import { useEffect, useRef, useState } from 'preact/hooks'
import type uPlot from 'uplot'
import { theme } from '../state/theme.ts'
import { useStore } from '../state/store.ts'
import { useMedia } from '../state/use-media.ts'
import type { ChartData } from '../view/chart-data.ts'
import { compactText, titleOf } from '../view/numbers.ts'
import { Notice } from './notice.tsx'

const HEIGHT_PX = 200
/** Lines differ in their dashes too, not only in colour. */
const DASHES = [[], [6, 3], [2, 3], [10, 3, 2, 3]]
const MARK_PX = 5

function colourOf(name: string): string {
  return getComputedStyle(document.documentElement).getPropertyValue(name).trim()
}

const DAY = 86_400

/**
 * How uPlot writes times: for steps of at least these seconds, the text, and what follows it when
 * the year or the day changes.
 */
const TIME_TEXTS = [
  [365 * DAY, '{YYYY}', null, null, null, null, null, null, 1],
  [28 * DAY, '{MMM}', '\n{YYYY}', null, null, null, null, null, 1],
  [DAY, '{MM}-{DD}', '\n{YYYY}', null, null, null, null, null, 1],
  [1, '{HH}:{mm}', '\n{YYYY}-{MM}-{DD}', null, '\n{MM}-{DD}', null, null, null, 1],
]

/** Triangles at the bottom for runs that failed. */
function drawFailures(plot: uPlot, failed: readonly number[]): void {
  const { ctx, bbox } = plot
  const size = MARK_PX * devicePixelRatio
  const bottom = bbox.top + bbox.height
  ctx.save()
  ctx.fillStyle = resolved('--bad')
  for (const at of failed) {
    const time = plot.data[0][at]
    if (time === undefined) continue
    const x = plot.valToPos(time, 'x', true)
    ctx.beginPath()
    ctx.moveTo(x, bottom - 2 * size)
    ctx.lineTo(x + size, bottom)
    ctx.lineTo(x - size, bottom)
    ctx.fill()
  }
  ctx.restore()
}

/** A canvas knows no light-dark(), so the browser resolves the colour first. */
function resolved(name: string): string {
  const probe = document.createElement('span')
  probe.style.color = colourOf(name)
  document.body.append(probe)
  const { color } = getComputedStyle(probe)
  probe.remove()
  return color
}

function axis(): uPlot.Axis {
  const line = { stroke: resolved('--line'), width: 1 }
  return { stroke: resolved('--quiet'), grid: line, ticks: line, font: '12px system-ui' }
}

function optionsOf(width: number, { data, format }: DrawnChart): uPlot.Options {
  const lines = data.lines.map(({ label }, at): uPlot.Series => ({
    label: titleOf(label),
    stroke: resolved(`--line-${(at % 4) + 1}`),
    dash: DASHES[at % DASHES.length] ?? [],
    width: 1.5,
    points: { show: data.times.length < 60, size: 5 },
    spanGaps: true,
    value: (_plot, value) => (value === null ? '–' : format(value)),
  }))
  return {
    width,
    height: HEIGHT_PX,
    series: [{ label: 'Started', value: '{YYYY}-{MM}-{DD} {HH}:{mm}' }, ...lines],
    axes: [
      { ...axis(), values: TIME_TEXTS },
      { ...axis(), size: 56, values: (_plot, values) => values.map(compactText) },
    ],
    scales: { y: { range: (_plot, _low, high) => [0, Math.max(1, high * 1.05)] } },
    legend: { live: true },
    cursor: { y: false },
    hooks: { draw: [(plot) => drawFailures(plot, data.failed)] },
  }
}

interface DrawnChart {
  data: ChartData
  format: (value: number) => string
}

export interface ChartProps extends DrawnChart {
  /** What it shows, for people who cannot see it. */
  label: string
  /** Called with the position of the run that was clicked. */
  onChoose: (at: number) => void
}

interface DrawnIn {
  place: HTMLElement
  onChoose: (at: number) => void
  onFailure: () => void
}

/** Draws until the returned function is called. */
function draw(props: DrawnChart, { place, onChoose, onFailure }: DrawnIn): () => void {
  let plot: uPlot | undefined
  let isGone = false
  const resize = new ResizeObserver(([entry]) => {
    if (entry) plot?.setSize({ width: Math.floor(entry.contentRect.width), height: HEIGHT_PX })
  })
  const start = async () => {
    const [{ default: Plot }] = await Promise.all([
      import('uplot'),
      import('uplot/dist/uPlot.min.css'),
    ])
    if (isGone) return
    const { data } = props
    const columns: uPlot.AlignedData = [data.times, ...data.lines.map(({ values }) => values)]
    const drawn = new Plot(optionsOf(place.clientWidth, props), columns, place)
    drawn.over.addEventListener('click', () => {
      const at = drawn.cursor.idx
      if (typeof at === 'number') onChoose(at)
    })
    plot = drawn
    resize.observe(place)
  }
  // A page that is older than its console does not find the file any more.
  start().catch(() => isGone || onFailure())
  return () => {
    isGone = true
    resize.disconnect()
    plot?.destroy()
  }
}

export function Chart({ data, format, label, onChoose }: ChartProps) {
  const place = useRef<HTMLDivElement>(null)
  const [hasFailed, setFailed] = useState(false)
  const chosen = useStore(theme)
  const isDark = useMedia('(prefers-color-scheme: dark)')
  useEffect(() => {
    if (!place.current) return
    const onFailure = () => setFailed(true)
    return draw({ data, format }, { place: place.current, onChoose, onFailure })
  }, [JSON.stringify(data), chosen, isDark])
  if (hasFailed) {
    return (
      <Notice tone="warning" title="The chart cannot be drawn.">
        <p>Reload the page to draw it. The table below has its numbers.</p>
      </Notice>
    )
  }
  return <div class="plot" role="img" aria-label={label} ref={place} />
}

/** The shape of the marks in the chart. */
export function FailureMark() {
  return (
    <svg viewBox="0 0 12 12" width="10" height="10" aria-hidden="true" class="bad-text">
      <path d="M6 1l5.5 10h-11z" fill="currentColor" />
    </svg>
  )
}
