import type { Page } from 'playwright-core'

/** Has the page believe that somebody sees it, or nobody does. */
export async function setVisible(page: Page, isVisible: boolean): Promise<void> {
  await page.evaluate((isHidden) => {
    Object.defineProperty(document, 'hidden', { configurable: true, get: () => isHidden })
    document.dispatchEvent(new Event('visibilitychange'))
  }, !isVisible)
}
