import { Command } from 'commander'
import { rowId } from '../base/global-id.ts'
import { type ApiClient, type ApiOptions, withApi, withApiOptions } from './api-client.ts'
import { print, printJson } from './output.ts'

interface Credential {
  name: string
  state: 'ACTIVE' | 'ON_TRIAL' | 'SUSPENDED'
  rejections: number
}

interface Resumed {
  credential: Credential
  refresh: { id: string } | null
}

/** How the credential was tried. */
interface Trial {
  /** The credential as it is afterwards. */
  credential: Credential
  outcome: string
  message: string | null
  device: string
}

export const command = withApiOptions(new Command('resume'))
  .description(
    'Tries a suspended credential on one device. If that accepts it, the others are probed again. ' +
      'With --url, the gateway does it; otherwise the command does, and prints the result.',
  )
  .argument('<credential>', 'the name in the configuration')
  .option('--json', 'print the credential and the refresh as JSON')
  .addHelpText('after', '\nExample:\n  rollcall resume core --url http://127.0.0.1:4000 --token-env MY_TOKEN')
  .action(async (name: string, { json, ...options }: ApiOptions & { json?: boolean }) => {
    const use = { writes: true, reads: ['credentials', 'probe'] } as const
    const { resumed, trial } = await withApi(options, use, async (api) => {
      const { resumeCredential } = await api.ask<{ resumeCredential: Resumed }>(
        `mutation ($name: String!) { resumeCredential(name: $name) {
          credential { name state rejections } refresh { id }
        } }`,
        { name },
      )
      return { resumed: resumeCredential, trial: await trialOf(api, resumeCredential) }
    })
    const credential = trial?.credential ?? resumed.credential
    if (json) printJson({ ...resumed, credential })
    else print(describe(name, { resumed, trial }))
    if (credential.state === 'SUSPENDED') process.exitCode = 1
  })

function describe(name: string, { resumed, trial }: { resumed: Resumed; trial: Trial | null }): string {
  if (trial !== null) {
    const { credential, device, outcome, message } = trial
    if (credential.state === 'ACTIVE') return `The credential "${name}" is ACTIVE: ${device} accepted it.`
    const why = `${device} ended as ${outcome}${message === null ? '.' : `: ${message}`}`
    return `The credential "${name}" is ${credential.state}. ${why}`
  }
  const { credential, refresh } = resumed
  if (refresh === null) return `The credential "${name}" is ${credential.state}; there was nothing to resume.`
  return `The credential "${name}" is tried on one device by the refresh ${refresh.id}.`
}

/** Without a gateway this process runs the refresh, and must not end before it. */
async function trialOf({ engine, ask }: ApiClient, { credential, refresh }: Resumed): Promise<Trial | null> {
  if (engine === null || refresh === null) return null
  const [row] = await engine.store.refreshes.byIds([rowId('Refresh', refresh.id)])
  if (row) await engine.refreshes.ended(row)
  const after = await ask<{
    gateway: { credentials: Credential[] }
    refresh: { probes: { nodes: { outcome: string; message: string | null; device: { name: string } }[] } }
  }>(
    `query ($id: ID!) {
      gateway { credentials { name state rejections } }
      refresh(id: $id) { probes(first: 1) { nodes { outcome message device { name } } } }
    }`,
    { id: refresh.id },
  )
  const [probe] = after.refresh.probes.nodes
  const now = after.gateway.credentials.find(({ name }) => name === credential.name)
  if (probe === undefined || now === undefined) return null
  const { device, ...result } = probe
  return { ...result, credential: now, device: device.name }
}
