import { parseYaml } from '../../base/yaml.ts'
import { flattenHierarchy, isHierarchy } from '../../inventory/hierarchy.ts'
import { isObject } from '../../inventory/parsed-values.ts'
import type { Inventory } from '../../inventory/record.ts'
import { sourceFailure } from '../source.ts'
import { RecordIntake } from './record-intake.ts'
import { type FormatOptions, wholeText } from './texts.ts'

/** Reads the records of a parsed document: a list of records, or the hierarchy, whose levels are fields. */
export async function readDocument(document: unknown, { rules, subject }: FormatOptions): Promise<Inventory> {
  if (Array.isArray(document)) {
    const intake = new RecordIntake(subject, rules)
    for (const raw of document) {
      intake.add(raw)
      if (intake.turn.isOver) await intake.turn.next()
    }
    return intake.finish()
  }
  if (!isHierarchy(document)) {
    throw sourceFailure(
      subject,
      'holds neither a list of records nor a hierarchy ' +
        '{country: {site: {device: address}}}; make it one of them.',
    )
  }
  const tool = foreignInventory(document)
  if (tool !== null) {
    throw sourceFailure(
      subject,
      `is an inventory of ${tool}; make a list of records of it, each with name, address, site and country.`,
    )
  }
  const field = misplacedField(document)
  if (field !== null) {
    throw sourceFailure(
      subject,
      `has "${field}" where the hierarchy ` +
        '{country: {site: {device: address}}} has a site or a device; ' +
        'add the level that is missing, or make it a list of records.',
    )
  }
  const intake = new RecordIntake(subject, { ...rules, fields: {} })
  for (const entry of flattenHierarchy(document)) {
    if ('raw' in entry) intake.add(entry.raw)
    else intake.reject(entry.reason, entry.place)
    if (intake.turn.isOver) await intake.turn.next()
  }
  return { ...intake.finish(), partial: { defaultPort: rules.defaultPort } }
}

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
 * three levels too, which would be read as countries, sites and devices.
 */
function foreignInventory(document: Readonly<Record<string, unknown>>): string | null {
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
 * device, and a password its address.
 */
function misplacedField(document: Readonly<Record<string, unknown>>): string | null {
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

/** Reads one YAML document: a list of records, or the hierarchy. */
export async function readYaml(texts: AsyncIterable<string>, options: FormatOptions): Promise<Inventory> {
  const text = await wholeText(texts, options)
  if (text.trim() === '')
    throw sourceFailure(options.subject, 'is empty; an inventory without devices is [].')
  const parsed = parseYaml(text, { scalars: 'text' })
  if ('problem' in parsed) throw sourceFailure(options.subject, parsed.problem)
  return readDocument(parsed.value, options)
}
