import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { Ajv2020 } from 'ajv/dist/2020.js'
import addFormats from 'ajv-formats'
import { describe, expect, it } from 'vitest'
import { useConfigFile } from '../config/support/config-file.ts'
import { deployFiles, readDeployFile, readDocuments, withSecrets } from './support/deploy-files.ts'

const ajv = new Ajv2020({ allErrors: true, strict: false })
addFormats.default(ajv)
const SCHEMA = JSON.parse(readFileSync(join(import.meta.dirname, 'compose-spec/compose-spec.json'), 'utf8'))
const isCompose = ajv.compile(SCHEMA)

/** The parts of a compose file that these tests look at. */
interface Compose {
  services: Record<string, Service>
  configs: Record<string, { content?: string }>
}

interface Service {
  image: string
  command?: string[]
  secrets?: string[]
}

const FILES = deployFiles('compose', '.yaml').filter((name) => name !== 'rollcall.yaml')
const readCompose = (name: string) => readDocuments(`compose/${name}`)[0] as Compose

describe.each(FILES)('%s', (name) => {
  it('follows the Compose Specification', () => {
    expect(isCompose(readCompose(name)), ajv.errorsText(isCompose.errors)).toBe(true)
  })

  it('gives Rollcall no rights, and nothing to write but what it is given', () => {
    const own = Object.values(readCompose(name).services).filter(({ image }) => image === 'rollcall')
    expect(own.length).toBeGreaterThan(1)
    for (const service of own) {
      expect(service).toMatchObject({
        read_only: true,
        cap_drop: ['ALL'],
        security_opt: ['no-new-privileges:true'],
      })
    }
  })
})

it('a compose file with a key that does not exist is found', () => {
  const { services } = readCompose('cluster.yaml')
  expect(isCompose({ services: { ...services, other: { image: 'rollcall', readonly: true } } })).toBe(false)
})

it('the cluster has two API processes, two engines and two probers, of which the first see no secrets of devices', () => {
  const services = Object.values(readCompose('cluster.yaml').services)
  const calledWith = (words: string) =>
    services.filter(({ command = [] }) => command.join(' ').startsWith(words))
  expect(calledWith('serve --role api')).toMatchObject([{ secrets: ['postgres'] }, { secrets: ['postgres'] }])
  expect(calledWith('serve --role engine')).toHaveLength(2)
  expect(calledWith('prober')).toHaveLength(2)
})

describe('the configurations', () => {
  const file = useConfigFile()

  it('of the demo can be loaded', async () => {
    const content = readCompose('demo.yaml').configs.gateway?.content ?? ''
    const config = await file.load(content, { env: { FLEET_PASSWORD: 'simulated' } })
    expect(config.credentials).toMatchObject([{ username: 'rollcall', password: 'simulated' }])
  })

  it('of the cluster can be loaded, with the secrets of the files', async () => {
    const text = readDeployFile('compose/rollcall.yaml')
    const config = await file.load(await withSecrets(text, ['postgres', 'netops'], file.folder))
    expect(config.postgres.password).toBe('secret of postgres')
    expect(config.credentials).toMatchObject([{ password: 'secret of netops' }])
    expect(config.devices.region).toHaveLength(2)
  })
})
