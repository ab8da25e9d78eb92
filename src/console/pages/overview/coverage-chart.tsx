import { A, useNavigate } from '@solidjs/router'
import { createEffect, For, onCleanup, onMount } from 'solid-js'
import uPlot from 'uplot'
import 'uplot/dist/uPlot.min.css'
import { theme } from '../../layout/theme.ts'
import type { CoveragePoint } from '../../lib/coverage.ts'
import { instant, timeOfDay } from '../../lib/format.ts'

const HEIGHT = 192

/** The times below the axis, in epoch seconds; a minute that several ticks share is written once. */
function labels(ticks: readonly number[]): string[] {
  const texts = ticks.map((tick) => timeOfDay(tick * 1_000))
  return texts.map((text, index) => (text === texts[index - 1] ? '' : text))
}

/**
 * The share of supported devices over the last refreshes. A click opens the refresh. Dips are listed with
 * their reasons.
 */
export default function Coverage(props: { points: CoveragePoint[] }) {
  const navigate = useNavigate()
  let place!: HTMLDivElement
  let chart: uPlot | undefined
  const data = (): uPlot.AlignedData => [
    props.points.map(({ at }) => at / 1_000),
    props.points.map(({ percent }) => percent),
  ]
  const colour = (name: string) => {
    // The canvas needs a colour as the browser resolved it: light or dark.
    const probe = document.createElement('span')
    probe.className = `chart-${name}`
    place.append(probe)
    const { color } = getComputedStyle(probe)
    probe.remove()
    return color
  }
  const draw = () => {
    chart?.destroy()
    const axis = {
      stroke: colour('soft'),
      font: `12px ${getComputedStyle(place).fontFamily}`,
      grid: { stroke: colour('line'), width: 1 },
      ticks: { show: false },
    }
    chart = new uPlot(
      {
        width: place.clientWidth,
        height: HEIGHT,
        legend: { show: false },
        cursor: { y: false, points: { size: 7 } },
        scales: {
          y: {
            range: (_, low, high) => [Math.max(0, Math.floor(low - 1)), Math.min(100, Math.ceil(high + 0.5))],
          },
        },
        axes: [
          { ...axis, values: (_, ticks) => labels(ticks) },
          { ...axis, size: 52, values: (_, ticks) => ticks.map((tick) => `${tick} %`) },
        ],
        series: [
          {},
          { stroke: colour('good'), width: 2, points: { show: props.points.length < 40, size: 5 } },
        ],
      },
      data(),
      place,
    )
    chart.over.addEventListener('click', () => {
      const point = props.points[chart?.cursor.idx ?? -1]
      if (point) navigate(`/refreshes/${point.refreshId}`)
    })
  }
  onMount(() => {
    const dark = matchMedia('(prefers-color-scheme: dark)')
    dark.addEventListener('change', draw)
    const size = new ResizeObserver(() => chart?.setSize({ width: place.clientWidth, height: HEIGHT }))
    size.observe(place)
    onCleanup(() => {
      dark.removeEventListener('change', draw)
      size.disconnect()
      chart?.destroy()
    })
  })
  createEffect(() => {
    theme()
    data()
    draw()
  })
  const last = () => props.points.at(-1)
  const dips = () => props.points.filter(({ dip }) => dip !== null).slice(-3)
  const summary = () =>
    `Coverage of the last ${props.points.length} refreshes, now ${last()?.percent.toFixed(1)} percent`
  return (
    <figure>
      <div ref={place} class="chart" role="img" aria-label={summary()} />
      <figcaption>
        <ul class="dips small">
          <For each={dips()}>
            {(point) => (
              <li>
                <A href={`/refreshes/${point.refreshId}`} title={instant(point.at)}>
                  ▼ {timeOfDay(point.at)}: {point.dip}
                </A>
              </li>
            )}
          </For>
        </ul>
      </figcaption>
    </figure>
  )
}
