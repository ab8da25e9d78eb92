import { describe, expect, test } from 'vitest'
import { FLEET, failureOf, paged, start } from './support/contract.ts'
import { never } from './support/inventory-file.ts'

describe.each(paged)('%s, whose server gives pages', (type, by) => {
  test('requests one page after the other', async () => {
    const { source, server } = await start(by)
    await source.fetch(never)
    expect(server.pages).toBe(4)
  })

  test('fails if a page comes twice', async () => {
    const rig = await start(by)
    let first = ''
    rig.server.intercept = (page, response) => {
      if (page === 1) {
        const { end } = response
        response.end = ((body: string) => {
          first = body
          return end.call(response, body, 'utf8')
        }) as typeof response.end
        return false
      }
      response.writeHead(200, { 'content-type': 'application/json' }).end(first)
      return true
    }
    expect(await failureOf(rig)).toMatch(
      /^URL\S* gives (?:object 1 twice|its nodes twice or out of order at node 1), so that its pages cannot be relied on/,
    )
    expect(rig.server.pages).toBe(2)
  })

  test('fails if pages without a device never end', async () => {
    const rig = await start(by)
    rig.server.intercept = (page, response, { url }) => {
      if (page === 1) return false
      response.writeHead(200, { 'content-type': 'application/json' })
      response.end(JSON.stringify({ count: 10, totalRows: 10, next: url.href, results: [] }))
      return true
    }
    expect(await failureOf(rig)).toMatch(/changed while (?:it was|they were) read; sync again\.$/)
    expect(rig.server.pages).toBe(2)
  })

  test('fails if a device is removed while the pages are read, which hides another one', async () => {
    const rig = await start(by)
    rig.server.intercept = (page) => {
      if (page === 2) void rig.hold(FLEET.slice(1))
      return false
    }
    expect(await failureOf(rig)).toMatch(/changed while (?:it was|they were) read; sync again\.$/)
  })

  test('fails if one device is removed and another added meanwhile, although the number is right', async () => {
    const rig = await start(by)
    const [, ...rest] = FLEET
    rig.server.intercept = (page) => {
      if (page === 2) void rig.hold(rest)
      if (page === 3) void rig.hold([...rest, { id: 99, name: 'r99', address: '10.0.0.99', site: 1 }])
      return false
    }
    expect(await failureOf(rig)).toMatch(/changed while (?:it was|they were) read; sync again\.$/)
  })

  test('fails if the pages end too early', async () => {
    const rig = await start(by)
    rig.server.intercept = (page, response) => {
      if (page < 3) return false
      response.writeHead(200, { 'content-type': 'application/json' })
      response.end(JSON.stringify({ count: 10, totalRows: 10, next: null, results: [] }))
      return true
    }
    expect(await failureOf(rig)).toMatch(/changed while (?:it was|they were) read; sync again\.$/)
  })

  test.each([[[]], [{}], [{ results: [] }], [{ count: 1, totalRows: 1, results: [7] }], [null]])(
    'fails on JSON of another kind: %j',
    async (value) => {
      const rig = await start(by)
      rig.server.intercept = (_, response) => {
        response.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify(value))
        return true
      }
      const system = type === 'netbox' ? 'NetBox' : 'SWIS'
      expect(await failureOf(rig)).toMatch(
        new RegExp(
          `(?:answers with JSON that is no object|does not answer as ${system} does).*; correct the source's "url"\\.$`,
        ),
      )
    },
  )
})
