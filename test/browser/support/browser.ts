import type { Browser, BrowserContext, Page } from 'playwright-core'
import { afterAll, afterEach, beforeAll, expect } from 'vitest'
import type { Role } from '../../../src/base/caller.ts'
import { launchChromium } from './chromium.ts'
import type { Scene } from './scene.ts'

export interface Look {
  /** null: nobody is signed in. Default: ADMIN. */
  role?: Role | null
  /** In place of the token of the role. */
  token?: string
  theme?: 'light' | 'dark'
  width?: number
  height?: number
  reducedMotion?: 'reduce' | 'no-preference'
  /** The gateway is away for a while, which the browser reports as errors of the network. */
  isCut?: boolean
}

/** A browser, and what went wrong in its pages. */
export class Viewing {
  readonly browser: Browser
  #contexts: BrowserContext[] = []
  #problems: string[] = []

  constructor(browser: Browser) {
    this.browser = browser
  }

  static async start(): Promise<Viewing> {
    return new Viewing(await launchChromium())
  }

  /** Opens a page of the console. What it logs as an error, or asks of another server, fails the test. */
  async open(scene: Scene, path: string, look: Look = {}): Promise<Page> {
    const { role = 'ADMIN', theme = 'light', width = 1280, height = 800, isCut = false } = look
    const context = await this.browser.newContext({
      viewport: { width, height },
      colorScheme: theme,
      reducedMotion: look.reducedMotion ?? 'no-preference',
      hasTouch: width < 500,
      isMobile: width < 500,
      locale: 'en-GB',
      timezoneId: 'Europe/Berlin',
      acceptDownloads: true,
      baseURL: scene.url,
    })
    this.#contexts.push(context)
    const token = look.token ?? (role === null ? null : scene.tokens[role])
    if (token !== null) {
      await context.addInitScript((secret) => {
        // Only once for a tab: who signs out stays out.
        if (sessionStorage.getItem('test.seen') !== null) return
        sessionStorage.setItem('test.seen', '1')
        sessionStorage.setItem('rollcall.token', secret)
      }, token)
    }
    const page = await context.newPage()
    page.on('request', (request) => {
      const url = request.url()
      if (!url.startsWith(scene.url) && !url.startsWith('blob:')) this.#problems.push(`asked ${url}`)
    })
    page.on('pageerror', (error) => this.#problems.push(`${path}: ${error.stack ?? error.message}`))
    page.on('console', (message) => {
      const isNetwork = message.text().startsWith('Failed to load resource')
      if (message.type() === 'error' && !isNetwork) this.#problems.push(`${path}: ${message.text()}`)
      if (isNetwork && !isCut && role !== null && look.token === undefined) {
        this.#problems.push(`${path}: ${message.text()} ${message.location().url}`)
      }
    })
    await page.goto(path)
    return page
  }

  /** Closes the pages of a test, and tells what went wrong in them. */
  async endTest(): Promise<string[]> {
    const contexts = this.#contexts
    this.#contexts = []
    await Promise.all(contexts.map((context) => context.close()))
    const problems = this.#problems
    this.#problems = []
    return problems
  }
}

/** A browser for all tests of a file. */
export function browserOfFile(): () => Viewing {
  let viewing: Viewing | undefined
  beforeAll(async () => {
    viewing = await Viewing.start()
  })
  afterEach(async () => {
    expect(await viewing?.endTest()).toEqual([])
  })
  afterAll(() => viewing?.browser.close())
  return () => {
    if (!viewing) throw new Error('The browser starts with the first test.')
    return viewing
  }
}
