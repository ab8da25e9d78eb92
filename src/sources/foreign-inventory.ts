import { isObject } from '../inventory/parsed-values.ts'

const ANSIBLE_GROUP = new Set(['hosts', 'children', 'vars'])
const NORNIR_HOST = new Set([
  'hostname',
  'port',
  'username',
  'password',
  'platform',
  'groups',
  'data',
  'connection_options',
])

/**
 * Returns the name of the tool whose inventory a document is; null if no known tool. Such documents have
 * three levels too, which would be read as countries, sites and devices. /
 */
export function foreignInventory(document: Readonly<Record<string, unknown>>): string | null {
  const { _meta, ...entries } = document
  const values = Object.values(entries)
  if (values.length === 0 || !values.every((value) => value === null || isObject(value))) return null
  const members = values.flatMap((value) => (isObject(value) ? Object.entries(value) : []))
  if (members.length === 0) return null
  if (members.every(([name]) => ANSIBLE_GROUP.has(name))) return 'Ansible'
  // A site may be called "data", but a site is never a text or a list.
  const isNornir =
    members.every(([name]) => NORNIR_HOST.has(name)) && members.some(([, value]) => !isObject(value))
  return isNornir ? 'Nornir' : null
}

/** Fields of devices that cannot be names of sites or devices. */
const DEVICE_FIELDS = ['address', 'ip_address', 'hostname', 'platform', 'device_type', 'username', 'password']

/**
 * Returns the name of a device's field that stands at the level of sites or devices; null if none does. In a
 * document with a level too few, such as `{site: {device: {address, password}}}`, each field would become a
 * device, and a password its address. /
 */
export function misplacedField(document: Readonly<Record<string, unknown>>): string | null {
  for (const country of Object.values(document)) {
    if (!isObject(country)) continue
    for (const level of [country, ...Object.values(country)]) {
      const field = isObject(level) ? DEVICE_FIELDS.find((name) => isFieldOf(level, name)) : undefined
      if (field !== undefined) return field
    }
  }
  return null
}

function isFieldOf(level: Readonly<Record<string, unknown>>, name: string): boolean {
  return Object.hasOwn(level, name) && !isObject(level[name])
}
