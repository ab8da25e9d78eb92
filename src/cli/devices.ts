import { Command, Option } from 'commander'
import { type ApiOptions, withApi, withApiOptions } from './api-client.ts'
import { type DeviceFilterOptions, deviceFilterOf, withDeviceFilter } from './device-filter-options.ts'
import { wholeNumber } from './options.ts'
import { print, printJson, shortTime, tell } from './output.ts'
import { fittedTable } from './table.ts'
import { widthOf } from './wrapping.ts'

interface DevicesOptions extends ApiOptions, DeviceFilterOptions {
  sort: string
  desc?: boolean
  limit?: number
  json?: boolean
}

interface DeviceNode {
  name: string
  address: string
  site: { name: string }
  country: { name: string }
  lastProbe: { outcome: string; message: string | null } | null
  lastProbedAt: string | null
}

interface Page {
  nodes: DeviceNode[]
  pageInfo: { hasNextPage: boolean; endCursor: string | null }
}

const PAGE = 500
const ORDERS = ['NAME', 'ADDRESS', 'SITE', 'COUNTRY', 'LAST_PROBED_AT', 'LAST_SEEN_AT']

const QUERY = `query ($filter: DeviceFilter, $orderBy: DeviceOrder, $first: Int!, $after: String) {
  devices(filter: $filter, orderBy: $orderBy, first: $first, after: $after) {
    nodes {
      id name address port platform lifecycle source netconfSupported lastProbedAt lastSupportedAt probeHold
      site { name } country { name region }
      lastProbe { outcome phase message }
      hostKey { algorithm fingerprint state offeredFingerprint }
    }
    pageInfo { hasNextPage endCursor }
  }
}`

export const command = withDeviceFilter(withApiOptions(new Command('devices')))
  .description('Prints the devices that match all conditions, with their last results.')
  .addOption(new Option('--sort <field>', 'the order').choices(ORDERS).default('NAME'))
  .option('--desc', 'in descending order')
  .option('--limit <n>', 'how many devices at most (default: all)', wholeNumber(1, 100_000_000))
  .option('--json', 'print them as JSON, with host keys and all times')
  .addHelpText(
    'after',
    '\nExample:\n  rollcall devices --country Germany --outcome TIMEOUT --outcome AUTH_FAILED\n' +
      '  rollcall devices --host-key-changed --json --url http://127.0.0.1:4000 --token-env MY_TOKEN',
  )
  .action(async ({ sort, desc, limit = Number.POSITIVE_INFINITY, json, ...options }: DevicesOptions) => {
    const filter = deviceFilterOf(options)
    const orderBy = { field: sort, direction: desc ? 'DESC' : 'ASC' }
    const devices: DeviceNode[] = []
    await withApi(options, { writes: false, reads: [] }, async ({ ask }) => {
      for (let after: string | null = null; devices.length < limit; ) {
        const first = Math.min(PAGE, limit - devices.length)
        const page: { devices: Page } = await ask(QUERY, { filter, orderBy, first, after })
        devices.push(...page.devices.nodes)
        if (!page.devices.pageInfo.hasNextPage) break
        after = page.devices.pageInfo.endCursor
      }
    })
    if (json) return printJson(devices)
    if (devices.length === 0) return tell('No device matches.')
    const rows = devices.map(({ name, address, site, country, lastProbe, lastProbedAt }) => [
      name,
      address,
      site.name,
      country.name,
      lastProbe?.outcome ?? '-',
      lastProbedAt === null ? 'never' : shortTime(lastProbedAt),
      lastProbe?.message ?? '',
    ])
    const heading = ['DEVICE', 'ADDRESS', 'SITE', 'COUNTRY', 'OUTCOME', 'PROBED', 'MESSAGE']
    print(fittedTable([heading, ...rows], { width: widthOf(process.stdout) }))
  })
