import { randomUUID } from 'node:crypto'
import { Command } from 'commander'
import { systemClock } from '../base/clock.ts'
import { RollcallError } from '../base/errors.ts'
import { loadConfig } from '../config/load.ts'
import { deliver } from '../refresh/notify/delivery.ts'
import { bodyOf, type Notice, noticeId } from '../refresh/notify/notice.ts'
import { CONFIG_OPTION } from './options.ts'
import { print, printJson, withoutControls } from './output.ts'

/** How one receiver took the webhook; `problem` is null if it did. */
interface Tested {
  url: string
  problem: string | null
}

export const command = new Command('test')
  .description(
    'Sends a webhook of the type notify.test to each receiver under `notify`, once, and prints whether it ' +
      'was taken. Exits with 1 if one was not.',
  )
  .option(...CONFIG_OPTION)
  .option('--json', 'print the result for each receiver as JSON')
  .addHelpText('after', '\nExample:\n  rollcall notify test --config /etc/rollcall/rollcall.yaml')
  .action(async ({ config: file, json }: { config?: string; json?: boolean }) => {
    const { notify } = loadConfig({ file, env: process.env, reads: ['notify'] })
    if (notify.length === 0) {
      throw new RollcallError('CONFIG_INVALID', 'The configuration has no receivers; add one under `notify`.')
    }
    const notice = newNotice()
    const { signal } = new AbortController()
    const tested = await Promise.all(
      notify.map(async (receiver): Promise<Tested> => {
        const webhook = { id: notice.id, body: bodyOf(notice) }
        const { problem } = await deliver(webhook, receiver, { clock: systemClock, signal })
        // The path may be a secret.
        return { url: new URL(receiver.url).origin, problem }
      }),
    )
    if (json) printJson(withoutControls(tested))
    else print(withoutControls(tested).map(describe).join('\n'))
    if (tested.some(({ problem }) => problem !== null)) process.exitCode = 1
  })

function newNotice(): Notice {
  const at = Date.now()
  const message = 'This is a test of Rollcall. Nothing has happened.'
  return { type: 'notify.test', id: noticeId(randomUUID()), at, message, about: {} }
}

function describe({ url, problem }: Tested): string {
  return problem === null ? `${url} took the webhook.` : `${url} ${problem}.`
}
