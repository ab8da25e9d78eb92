import { execFile } from 'node:child_process'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { describe, expect, it, onTestFinished } from 'vitest'
import { useConfigFile } from '../config/support/config-file.ts'
import { deployFiles, readDocuments, withSecrets } from './support/deploy-files.ts'

const run = promisify(execFile)

/** A manifest, with the parts that these tests look at. */
interface Manifest {
  apiVersion: string
  kind: string
  metadata: { name: string }
  data?: Record<string, string>
  spec: {
    replicas?: number
    minAvailable?: number
    selector: Record<string, unknown> & { matchLabels?: Record<string, string> }
    template: { metadata: { labels: Record<string, string> }; spec: PodSpec }
  }
}

interface PodSpec {
  enableServiceLinks?: boolean
  securityContext: object
  containers: { image: string; args: string[]; securityContext: object; volumeMounts: Mount[] }[]
  volumes: { name: string; secret?: { secretName: string } }[]
}

interface Mount {
  name: string
  mountPath: string
}

const FILES = deployFiles('kubernetes', '.yaml')
const manifests = FILES.flatMap((name) => readDocuments(`kubernetes/${name}`) as Manifest[])
const ofKind = (kind: string) => manifests.filter((manifest) => manifest.kind === kind)

describe.each(manifests.map((manifest) => [`${manifest.kind} ${manifest.metadata.name}`, manifest] as const))(
  '%s',
  (_name, manifest) => {
    it('is valid for Kubernetes', async () => {
      const { apiVersion, kind } = manifest
      const models = await import(`kubernetes-models/${apiVersion}`)
      new models[kind](manifest).validate()
    })
  },
)

it('has no field that Kubernetes does not know', async () => {
  expect(await compilerErrors(manifests)).toBe('')
})

it('a field that Kubernetes does not know would be found', async () => {
  const [deployment] = structuredClone(ofKind('Deployment'))
  Object.assign(deployment?.spec.template.spec ?? {}, { enableServiceLink: false })
  expect(await compilerErrors(deployment ? [deployment] : [])).toContain('enableServiceLink')
})

/** What the compiler says of manifests. Validation lets unknown fields pass, and types do not. */
async function compilerErrors(checked: readonly Manifest[]): Promise<string> {
  // The compiler looks for packages above the file.
  const folder = await mkdtemp(join(import.meta.dirname, 'manifests-'))
  onTestFinished(() => rm(folder, { recursive: true }))
  const lines = checked.map(
    (manifest, index) =>
      `import type { I${manifest.kind} as M${index} } from 'kubernetes-models/${manifest.apiVersion}'\n` +
      `export const m${index}: M${index} = ${JSON.stringify(manifest)}\n`,
  )
  const file = join(folder, 'manifests.ts')
  await writeFile(file, lines.join(''))
  const options = ['--noEmit', '--ignoreConfig', '--strict', '--skipLibCheck', '--module', 'nodenext']
  const tsc = join(import.meta.dirname, '../../node_modules/.bin/tsc')
  const { stdout } = await run(tsc, [...options, file]).catch((failure: { stdout: string }) => failure)
  return stdout
}

describe.each(ofKind('Deployment').map((manifest) => [manifest.metadata.name, manifest] as const))(
  'the deployment %s',
  (name, { spec }) => {
    const { template, replicas, selector } = spec
    const [container] = template.spec.containers

    it('has two pods with no rights, on a root file system that is read-only', () => {
      expect(replicas).toBe(2)
      expect(template.spec.securityContext).toMatchObject({
        runAsNonRoot: true,
        seccompProfile: { type: 'RuntimeDefault' },
      })
      expect(container?.securityContext).toEqual({
        allowPrivilegeEscalation: false,
        readOnlyRootFilesystem: true,
        capabilities: { drop: ['ALL'] },
      })
      // Its variables would be taken for settings.
      expect(template.spec.enableServiceLinks).toBe(false)
    })

    it('mounts only volumes that it has, and secrets of devices only if it probes', () => {
      const volumes = template.spec.volumes.map((volume) => volume.name)
      expect(container?.volumeMounts.map((mount) => mount.name).sort()).toEqual(volumes.sort())
      expect(volumes.includes('devices')).toBe(!container?.args.includes('api'))
    })

    it('keeps a pod while nodes are drained', () => {
      const budget = ofKind('PodDisruptionBudget').find(({ metadata }) => metadata.name === name)
      expect(budget?.spec.minAvailable).toBe(1)
      expect(budget?.spec.selector.matchLabels).toEqual(template.metadata.labels)
      expect(selector.matchLabels).toEqual(template.metadata.labels)
    })
  },
)

describe('the configuration', () => {
  const file = useConfigFile()

  it('can be loaded, with the secrets of the files', async () => {
    const [map] = ofKind('ConfigMap')
    const secrets = ['postgres/password', 'devices/netops']
    const text = await withSecrets(map?.data?.['rollcall.yaml'] ?? '', secrets, file.folder)
    const { database, postgres, credentials } = await file.load(text)
    expect(postgres.password).toBe('secret of postgres/password')
    expect(credentials).toMatchObject([{ password: 'secret of devices/netops' }])
    const services = ofKind('Service').map(({ metadata }) => metadata.name)
    expect(services).toContain(new URL(database).hostname)
  })
})
