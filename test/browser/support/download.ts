import { readFile } from 'node:fs/promises'
import type { Page } from 'playwright-core'

/** The text of the file that the page saves when somebody acts. */
export async function downloaded(page: Page, act: () => Promise<void>): Promise<string> {
  const [file] = await Promise.all([page.waitForEvent('download'), act()])
  return await readFile(await file.path(), 'utf8')
}
