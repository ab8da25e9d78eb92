import type { JSX } from 'solid-js'
import type { DeviceLineFragment, DeviceOrderField } from '../../api/generated.ts'
import { duration, words } from '../../lib/format.ts'
import { OutcomeMark } from '../../parts/outcome-mark.tsx'
import { When } from '../../parts/when.tsx'

export interface Column {
  key: string
  title: string
  /** The share of the width that it takes, and at least this many pixels. */
  width: number
  /** Set if the API can sort by it. */
  order?: DeviceOrderField
  isFigure?: boolean
  cell: (line: DeviceLineFragment) => JSX.Element
  /** The same as text, for CSV. */
  text: (line: DeviceLineFragment) => string
}

const dash = <T extends string>(value: T | null | undefined) => value ?? '–'

/** All columns that the table can show, in their order. */
export const COLUMNS: readonly Column[] = [
  {
    key: 'outcome',
    title: 'Outcome',
    width: 170,
    cell: (line) => <OutcomeMark outcome={line.lastProbe?.outcome} />,
    text: (line) => line.lastProbe?.outcome ?? '',
  },
  {
    key: 'site',
    title: 'Site',
    width: 130,
    order: 'SITE',
    cell: (line) => line.site.name,
    text: (line) => line.site.name,
  },
  {
    key: 'country',
    title: 'Country',
    width: 130,
    order: 'COUNTRY',
    cell: (line) => line.country.name,
    text: (line) => line.country.name,
  },
  {
    key: 'region',
    title: 'Region',
    width: 80,
    cell: (line) => dash(line.country.region),
    text: (line) => line.country.region ?? '',
  },
  {
    key: 'address',
    title: 'Address',
    width: 150,
    order: 'ADDRESS',
    cell: (line) => <span class="mono">{`${line.address}:${line.port}`}</span>,
    text: (line) => `${line.address}:${line.port}`,
  },
  {
    key: 'platform',
    title: 'Platform',
    width: 90,
    cell: (line) => dash(line.platform),
    text: (line) => line.platform ?? '',
  },
  {
    key: 'model',
    title: 'Model',
    width: 140,
    cell: (line) => dash(line.facts?.model),
    text: (line) => line.facts?.model ?? '',
  },
  {
    key: 'os',
    title: 'OS version',
    width: 110,
    cell: (line) => dash(line.facts?.osVersion),
    text: (line) => line.facts?.osVersion ?? '',
  },
  {
    key: 'phase',
    title: 'Phase',
    width: 110,
    cell: (line) => (line.lastProbe ? words(line.lastProbe.phase) : '–'),
    text: (line) => line.lastProbe?.phase ?? '',
  },
  {
    key: 'duration',
    title: 'Took',
    width: 70,
    isFigure: true,
    cell: (line) => (line.lastProbe ? duration(line.lastProbe.durationMs) : '–'),
    text: (line) => (line.lastProbe ? String(line.lastProbe.durationMs) : ''),
  },
  {
    key: 'probed',
    title: 'Probed',
    width: 100,
    order: 'LAST_PROBED_AT',
    isFigure: true,
    cell: (line) => <When at={line.lastProbedAt} />,
    text: (line) => line.lastProbedAt ?? '',
  },
  {
    key: 'hold',
    title: 'Held',
    width: 140,
    cell: (line) => (line.probeHold ? words(line.probeHold) : '–'),
    text: (line) => line.probeHold ?? '',
  },
  {
    key: 'message',
    title: 'Message',
    width: 300,
    cell: (line) => <span title={line.lastProbe?.message ?? undefined}>{dash(line.lastProbe?.message)}</span>,
    text: (line) => line.lastProbe?.message ?? '',
  },
]

/** The columns by default. The name is always shown. */
export const DEFAULT_COLUMNS = ['outcome', 'site', 'country', 'address', 'platform', 'probed', 'message']

export function columnsOf(keys: readonly string[]): Column[] {
  return COLUMNS.filter(({ key }) => keys.includes(key))
}

/** Whether the API sorts by the field, as the address of the page may name it. */
export function isOrderField(field: string): field is DeviceOrderField {
  return field === 'NAME' || COLUMNS.some(({ order }) => order === field)
}
