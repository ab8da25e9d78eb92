import type { CDPSession, Page } from 'playwright-core'

export interface ScrollTimes {
  /** Pixels a second. */
  speed: number
  /** Frames in which the table had moved, a second. */
  framesPerSecond: number
  /** The longest time between two of them. */
  longestMs: number
  /** Processor time of the page's process for each of them, whatever else the machine does. */
  cpuMs: number
  /** The share of the rows in these frames that were not loaded yet, 0 to 1. */
  unloaded: number
}

declare global {
  interface Window {
    scrollFrames: { at: number; top: number; rows: number; unloaded: number }[]
    isNoting: boolean
  }
}

/** Scrolls the table with the wheel, from where it is, and counts the frames in which it moved. */
export async function scroll(
  page: Page,
  devtools: CDPSession,
  { speed, seconds }: { speed: number; seconds: number },
): Promise<ScrollTimes> {
  const area = await page.locator('.device-scroller').boundingBox()
  if (area === null) throw new Error('The page has no table.')
  await page.evaluate(() => {
    const scroller = document.querySelector('.device-scroller')
    if (!scroller) throw new Error('The page has no table.')
    window.scrollFrames = []
    window.isNoting = true
    const note = (at: number) => {
      if (!window.isNoting) return
      const frame = { at, top: scroller.scrollTop, rows: 0, unloaded: 0 }
      // Not in each frame, for it takes a while itself.
      if (window.scrollFrames.length % 10 === 0) {
        frame.rows = scroller.querySelectorAll('.device-rows .device-row').length
        frame.unloaded = frame.rows - scroller.querySelectorAll('.device-rows .device-row a').length
      }
      window.scrollFrames.push(frame)
      requestAnimationFrame(note)
    }
    requestAnimationFrame(note)
  })
  await devtools.send('Performance.enable')
  const before = await processTime(devtools)
  await devtools.send('Input.synthesizeScrollGesture', {
    x: area.x + area.width / 2,
    y: area.y + area.height / 2,
    yDistance: -speed * seconds,
    speed,
    gestureSourceType: 'mouse',
  })
  const cpuMs = (await processTime(devtools)) - before
  const frames = await page.evaluate(() => {
    window.isNoting = false
    return window.scrollFrames
  })
  const moved = frames.filter(({ top }, index) => index > 0 && top !== frames[index - 1]?.top)
  const [first, last] = [moved[0], moved.at(-1)]
  if (!first || !last || first === last) throw new Error('The table has not moved.')
  const sum = (of: (frame: (typeof moved)[number]) => number) =>
    moved.reduce((total, frame) => total + of(frame), 0)
  return {
    speed,
    framesPerSecond: ((moved.length - 1) / (last.at - first.at)) * 1_000,
    longestMs: Math.max(...moved.slice(1).map(({ at }, index) => at - (moved[index]?.at ?? at))),
    cpuMs: cpuMs / moved.length,
    unloaded:
      sum(({ unloaded }) => unloaded) /
      Math.max(
        1,
        sum(({ rows }) => rows),
      ),
  }
}

/** Processor time that the page's process has used, in milliseconds. */
async function processTime(devtools: CDPSession): Promise<number> {
  const { metrics } = await devtools.send('Performance.getMetrics')
  return (metrics.find(({ name }) => name === 'ProcessTime')?.value ?? Number.NaN) * 1_000
}
