import type { Page } from 'playwright-core'

/** What a finger has to hit is at least this high, in pixels. */
const LEAST = 36

/** What can be touched on the page and is too low. Links within text are as high as its lines. */
export async function lowTargets(page: Page): Promise<string[]> {
  return await page.evaluate((least) => {
    const targets = 'a, button, input, select, [role=menuitem], [role=menuitemcheckbox], [role=option]'
    return [...document.querySelectorAll(targets)].flatMap((element) => {
      if (element.closest('p, dd, dt, figcaption, h1, h2, .skip, .visually-hidden')) return []
      // A label is touched as well.
      const { height, width } = (element.closest('label') ?? element).getBoundingClientRect()
      if (width === 0 || height >= least - 1) return []
      return [`${Math.round(height)} pixels: ${element.outerHTML.slice(0, 120)}`]
    })
  }, LEAST)
}
