import { answerJson, TestServer } from './test-server.ts'

export const NETBOX_TOKEN = '0123456789abcdef0123456789abcdef01234567'

/** What the server has, as NetBox names it; lists are answered in this order. */
export interface NetBoxContent {
  regions: { id: number; name: string; parent: number | null; custom_fields?: object }[]
  sites: { id: number; name: string; region: number | null; custom_fields?: object }[]
  devices: {
    id: number
    name: string | null
    site: number
    primary_ip: string | null
    primary_ip4?: string
    primary_ip6?: string
    oob_ip?: string
    platform?: string
    status?: string
    role?: string
  }[]
  /** A list that is answered as if it were not there. */
  missing?: 'regions' | 'sites'
}

export interface NetBoxServerOptions {
  certificate?: string | undefined
  path?: string
  /** Where NetBox believes its lists to be, if a proxy does not tell it. */
  believedBase?: string
  /** NetBox's MAX_PAGE_SIZE. */
  maxPageSize?: number
}

/** Speaks the part of NetBox's REST API that lists regions, sites and devices, as its documentation has it. */
export async function startNetBox(
  content: NetBoxContent,
  { certificate, path = '', believedBase, maxPageSize = 1_000 }: NetBoxServerOptions = {},
): Promise<TestServer> {
  return TestServer.start(
    ({ url, headers }, response) => {
      if (headers.authorization !== `Token ${NETBOX_TOKEN}`) {
        answerJson(response, 403, { detail: `Invalid token: ${headers.authorization}` })
        return
      }
      const all = { regions: regionsOf, sites: sitesOf, devices: devicesOf }
      const [, name] = /^\/api\/dcim\/(\w+)\/$/.exec(url.pathname.slice(path.length)) ?? []
      if (!url.pathname.startsWith(path) || !name || !(name in all) || name === content.missing) {
        answerJson(response, 404, { detail: 'Not found.' })
        return
      }
      const objects = all[name as keyof typeof all](content, url.searchParams)
      const limit = Math.min(Number(url.searchParams.get('limit') ?? 50), maxPageSize)
      const offset = Number(url.searchParams.get('offset') ?? 0)
      const next = believedBase === undefined ? new URL(url) : new URL(`api/dcim/${name}/`, believedBase)
      next.search = url.search
      next.searchParams.set('limit', String(limit))
      next.searchParams.set('offset', String(offset + limit))
      answerJson(response, 200, {
        count: objects.length,
        next: offset + limit < objects.length ? next.href : null,
        previous: null,
        results: objects.slice(offset, offset + limit),
      })
    },
    ({ url }) => url.pathname.endsWith('/dcim/devices/'),
    certificate,
  )
}

function regionsOf({ regions }: NetBoxContent): object[] {
  return regions.map(({ parent, ...region }) => ({
    custom_fields: {},
    ...region,
    parent: parent === null ? null : { id: parent, name: `region ${parent}` },
  }))
}

function sitesOf({ sites }: NetBoxContent): object[] {
  return sites.map(({ region, ...site }) => ({
    custom_fields: {},
    ...site,
    region: region === null ? null : { id: region, name: `region ${region}` },
  }))
}

function devicesOf({ devices }: NetBoxContent, query: URLSearchParams): object[] {
  const wanted = (name: string, value: string) => !query.has(name) || query.getAll(name).includes(value)
  return devices
    .filter(({ status = 'active', role = 'router' }) => wanted('status', status) && wanted('role', role))
    .filter(({ primary_ip }) => wanted('has_primary_ip', String(primary_ip !== null)))
    .map(({ id, name, site, platform, status = 'active', ...addresses }) => ({
      id,
      url: `http://netbox/api/dcim/devices/${id}/`,
      name,
      site: { id: site, name: `site ${site}` },
      primary_ip: addressOf(addresses.primary_ip),
      primary_ip4: addressOf(addresses.primary_ip4),
      primary_ip6: addressOf(addresses.primary_ip6),
      oob_ip: addressOf(addresses.oob_ip),
      platform: platform === undefined ? null : { id: 1, name: platform.toUpperCase(), slug: platform },
      status: { value: status, label: status },
    }))
}

function addressOf(address: string | null | undefined): object | null {
  if (typeof address !== 'string') return null
  return { id: 1001, family: { value: address.includes(':') ? 6 : 4 }, address }
}
