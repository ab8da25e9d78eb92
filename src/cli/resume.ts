import { Command } from 'commander'
import { rowId } from '../base/global-id.ts'
import { type ApiClient, type ApiOptions, withApi, withApiOptions } from './api-client.ts'
import { print, printJson } from './output.ts'

interface Resumed {
  credential: { name: string; state: string; rejections: number }
  refresh: { id: string } | null
}

export const command = withApiOptions(new Command('resume'))
  .description(
    'Tries a suspended credential on one device. If that accepts it, the others are probed again. ' +
      'Without a gateway, the next `refresh` or `serve` tries it by itself.',
  )
  .argument('<credential>', 'the name in the configuration')
  .option('--json', 'print the credential and the refresh as JSON')
  .addHelpText(
    'after',
    '\nExample:\n  rollcall resume core --url http://127.0.0.1:4000 --token-env ROLLCALL_TOKEN',
  )
  .action(async (name: string, { json, ...options }: ApiOptions & { json?: boolean }) => {
    const use = { writes: true, reads: ['credentials', 'probe'] } as const
    const resumed = await withApi(options, use, async (api) => {
      const { resumeCredential } = await api.ask<{ resumeCredential: Resumed }>(
        `mutation ($name: String!) { resumeCredential(name: $name) {
          credential { name state rejections } refresh { id }
        } }`,
        { name },
      )
      await untilTried(api, resumeCredential)
      return resumeCredential
    })
    if (json) return printJson(resumed)
    const { credential, refresh } = resumed
    if (refresh !== null)
      print(`The credential "${name}" is tried on one device by the refresh ${refresh.id}.`)
    else if (credential.state === 'ON_TRIAL')
      print(`The credential "${name}" is on trial: the next refresh tries it on one device first.`)
    else print(`The credential "${name}" is ${credential.state}; there was nothing to resume.`)
  })

/** Without a gateway this process runs the refresh, and must not end before it. */
async function untilTried({ engine }: ApiClient, { refresh }: Resumed): Promise<void> {
  if (engine === null || refresh === null) return
  const [row] = await engine.store.refreshes.byIds([rowId('Refresh', refresh.id)])
  if (row) await engine.refreshes.ended(row)
}
