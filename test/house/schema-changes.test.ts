import { spawnSync } from 'node:child_process'
import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { temporaryFolder } from '../store/support/fixture.ts'
import { schemaChanges } from './schema-changes.ts'

const RELEASED = `
  enum State { ON OFF }
  input Filter { name: String }
  type Device { name: String!  platform: String  state: State! }
  type Query { devices(filter: Filter, first: Int): [Device!]!  device(name: String!): Device }
`

describe('a schema compared with the released one', () => {
  it.each([
    ['a field that is gone', 'platform: String', '', /'platform' was removed from object type 'Device'/],
    [
      'a field that may be null',
      'name: String!  platform',
      'name: String  platform',
      /'Device\.name' changed type from 'String!' to 'String'/,
    ],
    [
      'a field of another type',
      'platform: String',
      'platform: Int',
      /'Device\.platform' changed type from 'String' to 'Int'/,
    ],
    ['an argument that is gone', ', first: Int', '', /'first: Int' was removed from field 'Query\.devices'/],
    [
      'an argument that must be given',
      'first: Int',
      'first: Int!',
      /'first' on field 'Query\.devices' changed from 'Int' to 'Int!'/,
    ],
    [
      'an input field that must be given',
      'input Filter {',
      'input Filter { site: String!',
      /'site' .*'String!' was added to input object type 'Filter'/,
    ],
    ['an enum value that is gone', 'ON OFF', 'ON', /'OFF' was removed from enum 'State'/],
  ])('is breaking with %s', async (_what, from, to, told) => {
    const { breaking, dangerous } = await schemaChanges(RELEASED, RELEASED.replace(from, to))
    expect(breaking).toEqual([expect.stringMatching(told)])
    expect(breaking[0]).toMatch(/\.$/)
    expect(dangerous).toEqual([])
  })

  it('is dangerous with a new enum value', async () => {
    const changes = await schemaChanges(RELEASED, RELEASED.replace('ON OFF', 'ON OFF STANDBY'))
    expect(changes).toEqual({
      breaking: [],
      dangerous: [expect.stringMatching(/'STANDBY' was added to enum 'State'/)],
    })
  })

  it('is neither with new, deprecated or newly described elements', async () => {
    const current = RELEASED.replace(
      'platform: String',
      '"Its kind." platform: String @deprecated  port: Int!',
    )
      .replace('input Filter {', 'input Filter { site: String')
      .concat('type Site { name: String! }')
    expect(await schemaChanges(RELEASED, current)).toEqual({ breaking: [], dangerous: [] })
  })

  it('fails the check if it is breaking, and says why', async () => {
    const folder = await temporaryFolder()
    mkdirSync(join(folder, 'schema'))
    const check = (current: string) => {
      writeFileSync(join(folder, 'schema/released.graphql'), RELEASED)
      writeFileSync(join(folder, 'schema/schema.graphql'), current)
      return spawnSync(process.execPath, [join(import.meta.dirname, 'check-schema.ts')], {
        cwd: folder,
        encoding: 'utf8',
      })
    }
    const broken = check(RELEASED.replace('OFF', 'STANDBY'))
    expect(broken.status).toBe(1)
    expect(broken.stdout).toMatch(/^dangerous {2}Enum value 'STANDBY' was added .*\.\n$/)
    expect(broken.stderr).toMatch(
      /^BREAKING {3}Enum value 'OFF' was removed .*\.\nschema\/schema\.graphql breaks /,
    )
    expect(check(RELEASED).status).toBe(0)
  })
})
