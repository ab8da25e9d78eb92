import { createHash } from 'node:crypto'
import { getIntrospectionQuery } from 'graphql'
import { describe, expect, it } from 'vitest'
import { startApi } from '../../support/api-server.ts'
import { ask } from '../../support/graphql-answer.ts'

describe('the schema', () => {
  it('is public unless the configuration says otherwise', async () => {
    const { url } = await startApi([])
    expect((await ask(url, getIntrospectionQuery())).errors).toBeUndefined()
    const { errors } = await ask(url, '{ countrys { name } }')
    expect(errors?.[0]?.message).toContain('Did you mean')
  })

  it('is shown neither by introspection nor by suggestions if that is turned off', async () => {
    const { url } = await startApi([], { server: { introspection: false } })
    for (const query of [
      getIntrospectionQuery(),
      '{ __schema { types { name } } }',
      '{ __type(name: "Device") { name } }',
    ]) {
      const { data, errors } = await ask(url, query)
      expect(data).toBeUndefined()
      expect(errors?.[0]).toMatchObject({
        message: expect.stringContaining('introspection has been disabled'),
        extensions: { code: 'BAD_USER_INPUT' },
      })
    }
    const hinting: [string, object?][] = [
      ['{ countrys { name } }'],
      ['{ country(nam: "x") { name } }'],
      ['{ devices(filter: { nam: { eq: "x" } }) { totalCount } }'],
      ['{ ... on Querry { __typename } }'],
      ['query ($filter: DeviceFilter) { devices(filter: $filter) { totalCount } }', { filter: { nam: 5 } }],
      [
        'query ($o: [DeviceOrder!]) { devices(orderBy: $o) { totalCount } }',
        { o: [{ field: 'NAMEE', direction: 'ASC' }] },
      ],
      ['mutation ($i: StartRefreshInput!) { startRefresh(input: $i) { started } }', { i: { forc: true } }],
    ]
    for (const [query, variables] of hinting) {
      const { errors } = await ask(url, query, variables)
      expect(errors?.[0]?.extensions.code).toBe('BAD_USER_INPUT')
      expect(JSON.stringify(errors)).not.toContain('Did you mean')
    }
    expect(await ask(url, '{ __typename gateway { __typename } }')).toEqual({
      data: { __typename: 'Query', gateway: { __typename: 'Gateway' } },
    })
  })
})

describe('error messages without introspection', () => {
  it.each<[string, object | undefined, string]>([
    [
      '{ device { name } }',
      undefined,
      'Argument "…" of type "String!" is required, but it was not provided.',
    ],
    ['{ gateway }', undefined, 'Field "gateway" of type "…" must have a selection of subfields.'],
    ['{ summary { nothing } }', undefined, 'Cannot query field "nothing" on type "…".'],
    [
      'mutation { onboardDevice(input: { name: "x" }) { device { name } } }',
      undefined,
      'Expected value of type "…" to include required field "…", found: { name: "x" }.',
    ],
    [
      'mutation ($device: DeviceInput!) { onboardDevice(input: $device) { device { name } } }',
      { device: { name: 'x' } },
      'Variable "$device" has invalid value: Expected value of type "DeviceInput" to include required field "…", found: { name: "x" }.',
    ],
  ])('contain no name that %s with %j does not contain', async (query, variables, message) => {
    const { url } = await startApi([], { server: { introspection: false } })
    const { errors } = await ask(url, query, variables)
    expect(errors?.[0]).toMatchObject({ message, extensions: { code: 'BAD_USER_INPUT' } })
  })
})

describe('GraphiQL', () => {
  const BROWSER = { accept: 'text/html,application/xhtml+xml,*/*;q=0.8' }

  it('is a page that runs only its own script and cannot be embedded', async () => {
    const { url } = await startApi([])
    const page = await fetch(url, { headers: BROWSER })
    const html = await page.text()
    const script = html.slice(html.lastIndexOf('<div id="root">'))
    // Browsers turn these into others, of which the script's hash would be another one.
    expect(html).not.toMatch(/[\r\0]/)
    expect(html).toContain('"isHeadersEditorEnabled":true')
    const begin = script.indexOf('<script>') + '<script>'.length
    const hash = createHash('sha256')
      .update(script.slice(begin, script.lastIndexOf('</script>')))
      .digest('base64')
    const policy = page.headers.get('content-security-policy') ?? ''
    expect(policy.split('; ')).toEqual(
      expect.arrayContaining([
        "default-src 'none'",
        `script-src 'sha256-${hash}'`,
        'worker-src blob:',
        "connect-src 'self'",
        "frame-ancestors 'none'",
      ]),
    )
    expect(Object.fromEntries(page.headers)).toMatchObject({
      'x-frame-options': 'DENY',
      'x-content-type-options': 'nosniff',
      'referrer-policy': 'no-referrer',
    })
    const again = await fetch(url, {
      headers: { ...BROWSER, 'if-none-match': page.headers.get('etag') ?? '' },
    })
    expect([again.status, await again.text()]).toEqual([304, ''])
  })

  it.each([
    ['it is switched off', { graphiql: false }],
    ['it could not ask for the schema', { graphiql: true, introspection: false }],
  ])('is not served if %s', async (_why, options) => {
    const { url, server } = await startApi([], { server: options })
    const page = await fetch(url, { headers: BROWSER })
    expect([page.status, page.headers.get('content-type')]).toEqual([400, 'text/plain; charset=utf-8'])
    expect((await fetch(server.url, { headers: BROWSER })).status).toBe(404)
  })
})
