import { execFile } from 'node:child_process'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { beforeAll, describe, expect, it } from 'vitest'
import { parse } from 'yaml'
import { silentLogger } from '../../src/base/log.ts'
import { startGateway } from '../../src/gateway.ts'
import { startFleet } from '../../src/simulator/fleet.ts'
import { readDocument } from '../house/markdown.ts'
import { defaultConfig } from '../support/default-config.ts'
import { ask } from '../support/graphql-answer.ts'
import { isInstalled } from '../support/is-installed.ts'
import { usedMetrics } from '../support/promql.ts'
import { writeSettled } from '../support/settled-file.ts'
import { DEPLOY, readDeployFile } from './support/deploy-files.ts'

const run = promisify(execFile)

const RULES = 'prometheus/alerts.yml'
/** Labels that Prometheus gives the metrics of a process; `pod` is usual in Kubernetes. */
const TARGET_LABELS = ['instance', 'job', 'pod']

/** Metrics that this gateway has no sample of. Their labels are tested in test/api. */
const WITHOUT_SAMPLES = [
  'rollcall_region_capacity',
  'rollcall_region_queue_depth',
  'rollcall_webhooks_total',
  'rollcall_webhooks_pending',
]

interface Metric {
  type: string
  labels: string[]
}

interface Rule {
  alert?: string
  record?: string
  expr: string
}

/** Reads Prometheus' text format. */
function readMetrics(text: string): Map<string, Metric> {
  const metrics = new Map<string, Metric>()
  for (const [, name = '', type = ''] of text.matchAll(/^# TYPE (\S+) (\S+)$/gm))
    metrics.set(name, { type, labels: [] })
  for (const [, sample = '', labels = ''] of text.matchAll(/^([a-z_]+)\{(.*)\} \S+$/gm)) {
    const metric = metrics.get(sample) ?? metrics.get(sample.replace(/_(?:bucket|sum|count)$/, ''))
    for (const [, label = ''] of labels.matchAll(/(\w+)="/g)) {
      if (label !== 'le' && !metric?.labels.includes(label)) metric?.labels.push(label)
    }
  }
  return metrics
}

/** Returns the labels of each metric in the table of docs/monitoring.md. */
function documentedMetrics(): Map<string, string[]> {
  const rows = readDocument('docs/monitoring.md').matchAll(/^\| `((?:rollcall|process)_\w+)` \|(.*?)\|/gm)
  return new Map(
    [...rows].map(([, name = '', labels = '']) => [
      name,
      [...labels.matchAll(/`(\w+)`/g)].map(([, l]) => l ?? ''),
    ]),
  )
}

const { groups } = parse(readDeployFile(RULES)) as { groups: { rules: Rule[] }[] }
const rules = groups.flatMap((group) => group.rules)
const recorded = rules.flatMap(({ record }) => record ?? [])

const { panels, templating } = JSON.parse(readDeployFile('grafana/rollcall.json')) as {
  panels: { title: string; type: string; targets?: { expr: string }[] }[]
  templating: { list: { query: string | { query: string } }[] }
}
const queries = panels.flatMap(({ title, targets = [] }) => targets.map(({ expr }) => ({ title, expr })))

let metrics: Map<string, Metric>

beforeAll(async () => {
  const folder = await mkdtemp(join(tmpdir(), 'rollcall-monitoring-'))
  const fleet = await startFleet({ devices: 2, faulty: 0 })
  const path = join(folder, 'inventory.json')
  await writeSettled(path, JSON.stringify(fleet.inventory))
  const config = defaultConfig({
    server: { port: 0 },
    database: join(folder, 'rollcall.db'),
    sources: [{ name: 'lab', type: 'file', path, fields: {} }],
    schedule: { onStart: false },
    credentials: [{ name: 'lab', match: null, ...fleet.credential }],
  })
  const gateway = await startGateway({ config, log: silentLogger })
  try {
    const { refreshes, store } = gateway
    await ask(`${gateway.url}/graphql`, 'mutation Start { startRefresh(input: { sync: true }) { started } }')
    const row = await store.refreshes.lastCycle()
    if (row) await refreshes.ended(row)
    await ask(`${gateway.url}/graphql`, 'query Wrong { node(id: "x") { id } }')
    metrics = readMetrics(await (await fetch(`${gateway.url}/metrics`)).text())
  } finally {
    await gateway.close()
    await fleet.close()
    await rm(folder, { recursive: true, force: true })
  }
  // Without PostgreSQL there are no regions, and without `notify` no webhooks.
  const documented = documentedMetrics()
  for (const name of WITHOUT_SAMPLES) metrics.get(name)?.labels.push(...(documented.get(name) ?? []))
})

describe('docs/monitoring.md', () => {
  it('lists the metrics of a gateway with their labels', () => {
    const documented = documentedMetrics()
    expect([...documented.keys()].sort()).toEqual([...metrics.keys()].sort())
    for (const [name, { labels }] of metrics) {
      expect([name, ...(documented.get(name) ?? []).toSorted()]).toEqual([name, ...labels.toSorted()])
    }
  })

  it('says of each histogram that it is one', () => {
    const histograms = [...metrics].filter(([, { type }]) => type === 'histogram').map(([name]) => name)
    const text = readDocument('docs/monitoring.md')
    expect(histograms.length).toBe(4)
    for (const name of histograms) expect(text).toMatch(new RegExp(`\`${name}\`.*Histogram: `))
  })

  it('lists the alerts', () => {
    const rows = readDocument('docs/monitoring.md').matchAll(/^\| `(Rollcall\w+)` \|/gm)
    expect([...rows].map(([, alert]) => alert).sort()).toEqual(
      rules.flatMap(({ alert }) => alert ?? []).sort(),
    )
  })
})

/** Expects that a gateway has each metric of the expression, with its labels. */
function expectKnown(expression: string): void {
  const { selectors, grouping } = usedMetrics(expression)
  expect(selectors.length).toBeGreaterThan(0)
  const known = new Set([...TARGET_LABELS, 'le'])
  for (const { metric: name, labels } of selectors) {
    if (name === 'up' || recorded.includes(name)) continue
    const base = metrics.has(name) ? name : name.replace(/_(?:bucket|sum|count)$/, '')
    const metric = metrics.get(base)
    expect(metric, name).toBeDefined()
    expect([name, metric?.type === 'histogram']).toEqual([name, base !== name])
    const own = [...TARGET_LABELS, ...(metric?.labels ?? [])]
    expect(labels.filter((label) => !own.includes(label))).toEqual([])
    for (const label of own) known.add(label)
  }
  expect(grouping.filter((label) => !known.has(label))).toEqual([])
}

describe('the alert rules', () => {
  it.each(rules.map(({ alert, record, expr }) => [alert ?? record, expr] as const))(
    'use metrics that a gateway has: %s',
    (_name, expr) => expectKnown(expr),
  )

  it('are accepted by promtool, and fire when they should', async ({ skip }) => {
    skip(!isInstalled('promtool'), 'promtool (Debian: prometheus) is not installed')
    const checked = await run('promtool', ['check', 'rules', join(DEPLOY, RULES)])
    expect(checked.stdout).toContain(`SUCCESS: ${rules.length} rules found`)
    const tested = await run('promtool', ['test', 'rules', join(import.meta.dirname, 'alerts.promtool.yml')])
    expect(tested.stdout).toContain('SUCCESS')
  })

  it('each have a test for promtool', () => {
    const text = readDocument('test/deploy/alerts.promtool.yml')
    for (const { alert } of rules) if (alert) expect(text).toContain(`alertname: ${alert}\n`)
  })
})

describe('the dashboard', () => {
  it.each(queries.map(({ title, expr }) => [title, expr] as const))(
    'uses metrics that a gateway has: %s',
    (_title, expr) => expectKnown(expr.replaceAll('$__rate_interval', '5m')),
  )

  it('has a row for each question, and a metric for its list of jobs', () => {
    expect(panels.filter(({ type }) => type === 'row').every(({ title }) => title.endsWith('?'))).toBe(true)
    expect(queries.length).toBeGreaterThan(20)
    expect(JSON.stringify(templating)).toContain('label_values(rollcall_info, job)')
    expect(metrics.has('rollcall_info')).toBe(true)
  })
})
