import { z } from 'zod'
import { list, mapping, refuse, text } from './values.ts'

/** The value of `probers.default` and `probers.fallback` for the threads of the engine itself. */
const LOCAL = 'local'
/** The value of `probers.fallback` for nothing at all. */
const SKIP = 'skip'

const NAME = 'the name of a region: up to 40 letters, digits, hyphens and underscores'

/** Names of regions are parts of names of queues. */
const name = z
  .string(NAME)
  .regex(/^[A-Za-z0-9_-]{1,40}$/, NAME)
  .meta({ values: 'name of a region' })

const regionName = name.refine((given) => given !== LOCAL && given !== SKIP, {
  error: `${NAME}, and not ${LOCAL} or ${SKIP}`,
})

const glob = text('a glob such as "FRA*"')

const regionRule = mapping({
  region: regionName.describe('The region that probes the devices.'),
  country: glob.optional().describe('The name of the country, such as `Germany` or `*`.'),
  site: glob.optional().describe('The name of the site, such as `FRA*`.'),
}).superRefine(({ country, site }, context) => {
  // An unknown key is a problem of its own.
  if (context.issues.length > 0 || country !== undefined || site !== undefined) return
  refuse(context, [], 'needs "country" or "site"; { country: "*" } fits every device')
})

export const devices = mapping({
  region: list(regionRule)
    .prefault([])
    .describe(
      'The regions of devices, whose probers probe them: the first entry that fits. If it has `country` ' +
        'and `site`, both must fit.',
    ),
}).describe('Which region devices belong to. More in [scale-out.md](scale-out.md#regions).')

export const probers = mapping({
  default: name
    .prefault(LOCAL)
    .meta({ values: '`local`, name of a region' })
    .describe('What probes the devices that no entry of `devices.region` fits. `local`: the engine itself.'),
  fallback: name
    .prefault(SKIP)
    .meta({ values: '`skip`, `local`, name of a region' })
    .describe(
      'What probes the devices of a region without a live prober. `skip`: nothing, they end as `SKIPPED`.',
    ),
}).describe('Who probes. Regions need a PostgreSQL database.')

interface Regions {
  devices: z.output<typeof devices>
  probers: z.output<typeof probers>
}

/** Returns the names of all regions of a configuration, each once. */
export function regionsOf({ devices, probers }: Regions): string[] {
  const named = [...devices.region.map(({ region }) => region), probers.default, probers.fallback]
  return [...new Set(named)].filter((each) => each !== LOCAL && each !== SKIP)
}

/** Refuses a fallback that no device belongs to, and regions without a database that has a queue. */
export function checkRegions(regions: Regions, hasQueue: boolean, context: z.core.$RefinementCtx): void {
  const { devices, probers } = regions
  if (probers.default === SKIP) {
    refuse(context, ['probers', 'default'], `is ${SKIP}; name ${LOCAL} or a region`)
  }
  const known = regionsOf({ devices, probers: { ...probers, fallback: LOCAL } })
  if (![LOCAL, SKIP, ...known].includes(probers.fallback)) {
    const others = known.length === 0 ? '' : `, ${known.join(', ')}`
    refuse(
      context,
      ['probers', 'fallback'],
      `is ${probers.fallback}, which is no region of "devices.region" or "probers.default"; name one of ` +
        `${SKIP}, ${LOCAL}${others}`,
    )
  }
  if (hasQueue || known.length === 0) return
  const place = devices.region.length > 0 ? ['devices', 'region'] : ['probers', 'default']
  refuse(
    context,
    place,
    'names a region, and regions need a PostgreSQL database; set "database" to the URL of one',
  )
}
