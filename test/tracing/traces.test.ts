import { describe, expect, it } from 'vitest'
import { tracing } from '../../src/base/tracing.ts'
import { record } from '../store/support/fixture.ts'
import { startGatewayOver } from '../support/gateway.ts'
import { post } from '../support/graphql-answer.ts'
import { startLabDevice } from '../support/lab-device.ts'
import { type CollectedSpan, startCollecting } from './collector.ts'

const CREDENTIALS = [{ name: 'lab', username: 'netops', password: 'canary-of-traces', match: null }]
const TRACE = '4bf92f3577b34da6a3ce929d0e0e4736'
const traced = (flags: string) => ({ traceparent: `00-${TRACE}-00f067aa0ba902b7-${flags}` })

/** A gateway over two devices, of which the second rejects logins. */
async function startTraced(options: Parameters<typeof startCollecting>[0] = {}) {
  const collector = await startCollecting(options)
  const good = await startLabDevice()
  const bad = await startLabDevice({ login: (context) => context.reject(['password']) })
  const records = [good, bad].map(({ host, port }, index) =>
    record(`France/Paris/d${index}`, { address: host, port }),
  )
  const gateway = await startGatewayOver(records, { credentials: CREDENTIALS })
  const startRefresh = async (headers: Record<string, string> = {}) => {
    const query = 'mutation Start { startRefresh(input: { sync: true, force: true }) { refresh { id } } }'
    const answer = await (await post(gateway.url, query, {}, headers)).text()
    const [row] = await gateway.gateway.store.refreshes.unfinished()
    if (row) await gateway.gateway.refreshes.ended(row)
    return answer
  }
  return { ...collector, ...gateway, startRefresh }
}

const named = (spans: readonly CollectedSpan[], name: string) => spans.filter((span) => span.name === name)
const timesOf = ({ startTimeUnixNano, endTimeUnixNano }: CollectedSpan) => ({
  start: BigInt(startTimeUnixNano),
  end: BigInt(endTimeUnixNano),
})

describe('traces', () => {
  it('lead from the request over the operation and the refresh to the phases of each probe', async () => {
    const { startRefresh, spans } = await startTraced()
    await startRefresh(traced('01'))
    const found = await spans()
    expect(new Set(found.map(({ traceId }) => traceId))).toEqual(new Set([TRACE]))
    expect(named(found, 'POST /graphql')).toMatchObject([
      {
        kind: 2,
        parentSpanId: '00f067aa0ba902b7',
        service: 'rollcall',
        attributes: { 'http.request.method': 'POST', 'http.response.status_code': 200 },
      },
    ])
    expect(named(found, 'mutation Start')).toMatchObject([
      {
        parent: 'POST /graphql',
        attributes: { 'graphql.operation.type': 'mutation', 'graphql.operation.name': 'Start' },
      },
    ])
    expect(named(found, 'refresh')).toMatchObject([
      {
        parent: 'mutation Start',
        attributes: { 'rollcall.refresh.trigger': 'MUTATION', 'rollcall.refresh.state': 'COMPLETED' },
      },
    ])
    const probes = named(found, 'probe')
    expect(probes.map(({ parent }) => parent)).toEqual(['refresh', 'refresh'])
    const outcomes = probes.map(({ attributes, status }) => [
      attributes['rollcall.device.name'],
      attributes['rollcall.probe.outcome'],
      attributes['rollcall.region'],
      status.code,
    ])
    expect(outcomes.sort()).toEqual([
      ['d0', 'SUPPORTED', 'local', 0],
      ['d1', 'AUTH_FAILED', 'local', 2],
    ])
    // Phases follow one another within their probe, up to the clock's resolution.
    for (const probe of probes) {
      const phases = found.filter(({ parentSpanId }) => parentSpanId === probe.spanId)
      expect(phases.map(({ name }) => name)).toEqual(expect.arrayContaining(['CONNECT', 'AUTHENTICATE']))
      expect(phases.some(({ name }) => name === 'HELLO')).toBe(probe.status.code === 0)
      for (const [index, phase] of phases.entries()) {
        const { start, end } = timesOf(phase)
        expect(end).toBeGreaterThanOrEqual(start)
        const before = phases[index - 1]
        if (before) expect(start).toBeGreaterThanOrEqual(timesOf(before).end - 1_000_000n)
      }
    }
    expect(JSON.stringify(found)).not.toContain('canary-of-traces')
  })

  it('have the operations of a query, without its text and variables', async () => {
    const { url, spans, server } = await startTraced()
    const query = 'query Named($name: String!) { device(name: $name) { id } }'
    expect((await post(url, query, { name: 'variable-value' })).status).toBe(200)
    await post(url, '{ devices(first: 5000) { totalCount } }')
    const found = await spans()
    expect(named(found, 'query Named')).toMatchObject([{ parent: 'POST /graphql', status: { code: 0 } }])
    expect(named(found, 'query')).toMatchObject([{ parent: 'POST /graphql', status: { code: 2 } }])
    expect(named(found, 'POST /graphql').map(({ parent }) => parent)).toEqual([null, null])
    expect(server.requests[0]?.url.pathname).toBe('/v1/traces')
    expect(JSON.stringify(found)).not.toMatch(/variable-value|totalCount/)
  })

  it('have the share of probes that is configured, and no phases of the others', async () => {
    const { startRefresh, spans } = await startTraced({ probes: 0 })
    await startRefresh()
    const found = await spans()
    expect(found.map(({ name }) => name).sort()).toEqual(['POST /graphql', 'mutation Start', 'refresh'])
  })

  it('have nothing of a request that its client does not trace', async () => {
    const { startRefresh, spans } = await startTraced()
    await startRefresh(traced('00'))
    expect(await spans()).toEqual([])
  })

  it.each(['', '00-0', `00-${'0'.repeat(32)}-00f067aa0ba902b7-01`, `00-${TRACE}-00f067aa0ba902b7-01-x`])(
    'begin with a request whose traceparent is %j',
    async (traceparent) => {
      const { url, spans } = await startTraced()
      await post(url, '{ __typename }', {}, { traceparent })
      const [request] = named(await spans(), 'POST /graphql')
      expect(request?.parent).toBe(null)
      expect(request?.traceId).not.toBe(TRACE)
    },
  )

  it.each([
    ['always_off', {}, 0],
    ['parentbased_traceidratio', { OTEL_TRACES_SAMPLER_ARG: '0' }, 0],
    ['parentbased_traceidratio', { OTEL_TRACES_SAMPLER_ARG: '1' }, 2],
  ])('are sampled as OTEL_TRACES_SAMPLER=%s says with %j', async (sampler, argument, expected) => {
    const { url, spans } = await startTraced({ env: { OTEL_TRACES_SAMPLER: sampler, ...argument } })
    await post(url, 'query Q { __typename }')
    expect(await spans()).toHaveLength(expected)
  })

  it.each([
    [{ OTEL_TRACES_SAMPLER: 'some' }, 'OTEL_TRACES_SAMPLER must be one of always_on, parentbased_always_on'],
    [{ OTEL_TRACES_SAMPLER: 'traceidratio', OTEL_TRACES_SAMPLER_ARG: '2' }, 'must be a number from 0 to 1'],
  ])('are refused with %j', async (env, problem) => {
    await expect(startCollecting({ env })).rejects.toThrow(problem)
  })

  it('are off unless they are turned on', async () => {
    expect(tracing()).toBe(null)
  })
})
