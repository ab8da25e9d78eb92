import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest'
import { type Fleet, startFleet } from '../../src/simulator/fleet.ts'
import { endOfRefresh, stateOfRefresh } from '../bench/support/refreshes.ts'
import { ResultFollower } from '../cluster/result-follower.ts'
import { freePort } from '../support/free-port.ts'
import { dataOf } from '../support/graphql-answer.ts'
import { writeSettled } from '../support/settled-file.ts'
import { smallDisk } from '../support/small-disk.ts'
import { allOf, errorOf, nextOf, TRANSPORTS } from '../support/subscribers.ts'
import { until } from '../support/until.ts'
import { runRollcall, startRollcall } from './run-rollcall.ts'

// What happens to a refresh if the process ends in the middle of it, or its clock is set back.

const DEVICES = 60
const HOUR_MS = 3_600_000
const STEPPING_CLOCK = new URL('../support/stepping-clock.ts', import.meta.url).href
let folder: string
let fleet: Fleet

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'rollcall-refresh-faults-'))
  fleet = await startFleet({ devices: DEVICES, faulty: 0 })
  await writeSettled(join(folder, 'fleet.json'), JSON.stringify(fleet.inventory))
})

afterAll(async () => {
  await fleet.close()
  await rm(folder, { recursive: true, force: true })
})

/** A folder for a gateway that needs some seconds for a refresh of the fleet; `start` starts it, again and again. */
async function gatewayOverFleet({ every = '1d', database = 'rollcall.db' } = {}) {
  const cwd = await mkdtemp(join(folder, 'gateway-'))
  const port = await freePort()
  await writeFile(
    join(cwd, 'rollcall.yaml'),
    [
      `server: { port: ${port} }`,
      'workers: 1',
      `database: ${database}`,
      `schedule: { every: ${every}, onStart: false }`,
      'throttle: { starts: 20/s, coolDown: 10m }',
      'sources: [{ name: lab, type: file, path: ../fleet.json }]',
      'credentials: [{ name: lab, username: rollcall, passwordEnv: LAB_PASSWORD }]',
    ].join('\n'),
  )
  const start = async (env: NodeJS.ProcessEnv = {}) => {
    const { child, finished, printed } = startRollcall(['serve'], {
      cwd,
      env: { LAB_PASSWORD: 'simulated', ...env },
    })
    onTestFinished(async () => {
      child.kill('SIGKILL')
      await finished
    })
    await printed(/http:\S+\/graphql/)
    return { child, finished }
  }
  return { cwd, url: `http://127.0.0.1:${port}/graphql`, start }
}

async function newRefresh(url: string): Promise<string> {
  const { startRefresh } = await dataOf<{ startRefresh: { refresh: { id: string } } }>(
    url,
    'mutation { startRefresh(input: {}) { refresh { id } } }',
  )
  return startRefresh.refresh.id
}

/** Resolves when the refresh has a few results and is not at its end. */
async function inTheMiddle(url: string, id: string): Promise<void> {
  await until(async () => (await stateOfRefresh(url, id)).done > 5)
  expect((await stateOfRefresh(url, id)).state).toBe('PROBING')
}

function follow(url: string, refreshId: string, after: string | null = null) {
  const follower = new ResultFollower({ urls: [url, url], first: 0, refreshId, after })
  const followed = follower.follow(AbortSignal.timeout(50_000))
  followed.catch(() => undefined)
  return { follower, followed }
}

const COMPLETE = {
  state: 'COMPLETED',
  total: DEVICES,
  done: DEVICES,
  outcomes: { SUPPORTED: DEVICES },
}

describe('a process that ends in the middle of a refresh', () => {
  it('by kill -9 goes on with it when it is started again, and so do subscribers', async () => {
    const { url, start } = await gatewayOverFleet()
    const first = await start()
    const id = await newRefresh(url)
    // It continues at its cursor as soon as the gateway is back.
    const { follower, followed } = follow(url, id)
    await inTheMiddle(url, id)
    first.child.kill('SIGKILL')
    await first.finished

    await start()
    expect(await endOfRefresh(url, id, 100)).toMatchObject(COMPLETE)
    await followed
    expect([follower.received, follower.devices]).toEqual([DEVICES, DEVICES])
    expect(follower.cuts).toBeGreaterThan(0)
  })

  const stopping = {
    SSE: { message: 'Rollcall is stopping; subscribe again once it runs.', extensions: { code: 'CONFLICT' } },
    WebSocket: { code: 1001, reason: 'Rollcall is stopping.' },
  }

  it.each(TRANSPORTS)('by SIGTERM tells subscribers over $name what has ended', async ({ name, connect }) => {
    const { url, start } = await gatewayOverFleet()
    const { child, finished } = await start()
    const id = await newRefresh(url)
    const client = connect(url)
    const progress = client.subscribe<{ refreshProgress: { state: string } }>(
      'subscription ($id: ID!) { refreshProgress(refreshId: $id) { state } }',
      { id },
    )
    const summary = client.subscribe('subscription { summary { devices } }')
    await Promise.all([nextOf(progress), nextOf(summary)])
    await inTheMiddle(url, id)
    child.kill('SIGTERM')
    const ofSummary = errorOf(summary).catch((closed: unknown) => closed)
    const [events, error] = await Promise.all([allOf(progress), ofSummary])
    expect(events.at(-1)).toEqual({ refreshProgress: { state: 'INTERRUPTED' } })
    expect(error).toMatchObject(stopping[name])
    expect((await finished).code).toBe(0)
  })

  it('by SIGTERM completes its streams, and goes on at their cursors when it is started again', async () => {
    const { url, start } = await gatewayOverFleet()
    const first = await start()
    const id = await newRefresh(url)
    const before = follow(url, id)
    await inTheMiddle(url, id)
    first.child.kill('SIGTERM')
    await before.followed
    expect((await first.finished).code).toBe(0)
    expect(before.follower.received).toBeLessThan(DEVICES)

    await start()
    const after = follow(url, id, before.follower.cursor)
    expect(await endOfRefresh(url, id, 100)).toMatchObject(COMPLETE)
    await after.followed
    expect(before.follower.received + after.follower.received).toBe(DEVICES)
    expect(before.follower.devices + after.follower.devices).toBe(DEVICES)
  })
})

describe('a clock that is set back by an hour in the middle of a refresh', () => {
  it('loses no result, and stops neither subscriptions nor the schedule', { timeout: 360_000 }, async () => {
    const { cwd, url, start } = await gatewayOverFleet({ every: '1m' })
    const file = join(cwd, 'step')
    const { child, finished } = await start({
      NODE_OPTIONS: `--import ${STEPPING_CLOCK}`,
      CLOCK_STEP_FILE: file,
      CLOCK_STEP_MS: String(-HOUR_MS),
    })
    const id = await newRefresh(url)
    const { follower, followed } = follow(url, id)
    await inTheMiddle(url, id)
    await writeFile(file, '')
    expect(await endOfRefresh(url, id, 100)).toMatchObject(COMPLETE)
    await followed
    expect([follower.received, follower.devices, follower.cuts]).toEqual([DEVICES, DEVICES, 0])

    // The next cycle comes within a minute. It asks the devices again whose last probe lies in the future now; the
    // others have been probed within the cool-down.
    const query = '{ devices(first: 100) { nodes { lastProbedAt } } }'
    const { devices } = await dataOf<{ devices: { nodes: { lastProbedAt: string }[] } }>(url, query)
    const inFuture = devices.nodes.filter(({ lastProbedAt }) => isAhead(lastProbedAt)).length
    expect(inFuture).toBeGreaterThan(0)
    await expect
      .poll(() => newest(url), { interval: 500, timeout: 100_000 })
      .toMatchObject({
        trigger: 'SCHEDULE',
      })
    const next = await newest(url)
    expect(isAhead(next.createdAt)).toBe(false)
    expect(await endOfRefresh(url, next.id, 100)).toMatchObject({
      state: 'COMPLETED',
      total: inFuture,
      outcomes: { SUPPORTED: inFuture },
    })
    expect((await fetch(new URL('/readyz', url))).status).toBe(200)
    child.kill('SIGTERM')
    expect((await finished).code).toBe(0)
  })
})

describe('a disk that is full in the middle of a refresh', () => {
  it('pauses it, which queries say, until there is space', { timeout: 360_000 }, async (context) => {
    const disk = await smallDisk(context, 8)
    const { cwd, url, start } = await gatewayOverFleet({ database: join(disk.folder, 'rollcall.db') })
    const { child, finished } = await start()
    const id = await newRefresh(url)
    const { follower, followed } = follow(url, id)
    await inTheMiddle(url, id)
    const query = `query ($id: ID!) {
      summary { devices } refresh(id: $id) { state progress { pausedBecause } }
    }`
    const ask = () => dataOf<{ refresh: { progress: { pausedBecause: string | null } } }>(url, query, { id })
    const paused = await until(async () => {
      // SQLite may make space in its log just then.
      await disk.fill()
      const answer = await ask()
      return answer.refresh.progress.pausedBecause !== null && answer
    })
    expect(paused).toEqual({
      summary: { devices: DEVICES },
      refresh: {
        state: 'PROBING',
        progress: { pausedBecause: expect.stringMatching(/its disk is full/) },
      },
    })
    const readiness = await fetch(new URL('/readyz', url))
    expect([readiness.status, await readiness.json()]).toMatchObject([
      503,
      { problems: ['The database cannot be written, so that refreshes wait; the log says why.'] },
    ])
    expect((await stateOfRefresh(url, id)).done).toBeLessThan(DEVICES)

    await disk.free()
    expect(await endOfRefresh(url, id, 100)).toMatchObject(COMPLETE)
    await followed
    expect([follower.received, follower.devices, follower.cuts]).toEqual([DEVICES, DEVICES, 0])
    child.kill('SIGTERM')
    expect((await finished).code).toBe(0)
    expect(await runRollcall(['db', 'check'], { cwd })).toMatchObject({ code: 0 })
  })
})

/** Whether a time is one of before the clock was set back. */
function isAhead(time: string): boolean {
  return Date.parse(time) > Date.now() - HOUR_MS / 2
}

interface NewestRefresh {
  id: string
  trigger: string
  createdAt: string
}

async function newest(url: string): Promise<NewestRefresh> {
  const query = '{ refreshes(first: 1) { nodes { id trigger createdAt } } }'
  const { refreshes } = await dataOf<{ refreshes: { nodes: [NewestRefresh] } }>(url, query)
  return refreshes.nodes[0]
}
