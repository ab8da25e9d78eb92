import { Command } from 'commander'
import { RollcallError } from '../base/errors.ts'
import { type ApiOptions, withApi, withApiOptions } from './api-client.ts'
import { print, printJson } from './output.ts'

interface TrustOptions extends ApiOptions {
  site?: string
  country?: string
  json?: boolean
}

const DEVICE = 'id name hostKey { algorithm fingerprint state }'

export const command = withApiOptions(new Command('trust'))
  .description(
    'Trusts the host key that a device offers in place of the known one. ' +
      '`rollcall devices --host-key-changed` shows the devices and the keys.',
  )
  .argument('<device>', 'the name of the device')
  .argument('<fingerprint>', 'the fingerprint of the offered key, SHA256:…, as the device itself shows it')
  .option('--site <name>', 'its site, if several have a device of this name')
  .option('--country <name>', 'its country, if several have a site of this name')
  .option('--json', 'print the device as JSON')
  .addHelpText(
    'after',
    '\nExample:\n  rollcall trust fra-agg-01 SHA256:47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU ' +
      '--url http://127.0.0.1:4000 --token-env MY_TOKEN',
  )
  .action(async (name: string, fingerprint: string, given: TrustOptions) => {
    const { site, country, json, ...options } = given
    const device = await withApi(options, { writes: true, reads: ['probe'] }, async ({ ask }) => {
      const found = await ask<{ device: { id: string } | null }>(
        `query ($name: String!, $site: String, $country: String) {
          device(name: $name, site: $site, country: $country) { id }
        }`,
        { name, site, country },
      )
      if (found.device === null) {
        throw new RollcallError('NOT_FOUND', `The inventory has no such device named "${name}".`)
      }
      const { trustHostKey } = await ask<{ trustHostKey: { device: { name: string } } }>(
        `mutation ($deviceId: ID!, $fingerprint: String!) {
          trustHostKey(deviceId: $deviceId, fingerprint: $fingerprint) { device { ${DEVICE} } }
        }`,
        { deviceId: found.device.id, fingerprint },
      )
      return trustHostKey.device
    })
    if (json) printJson(device)
    else print(`${device.name} is known by ${fingerprint} now, and is probed again.`)
  })
