import { execFile } from 'node:child_process'
import { accessSync, constants, readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { valid } from 'semver'
import { isAllowed, thirdParties } from './third-party.ts'

/** What came of a check. */
interface CheckResult {
  /** NOT CHECKED: this machine cannot tell. */
  state: 'ok' | 'FAILED' | 'NOT CHECKED'
  /** What was found, or what to change. */
  detail: string
}

export interface ReleaseCheck {
  name: string
  check(): Promise<CheckResult>
}

const PACKED = [
  'CHANGELOG.md',
  'LICENSE',
  'README.md',
  'THIRD-PARTY-LICENSES',
  'dist/console/index.html',
  'dist/src/cli/main.js',
  'docs/README.md',
  'schema/configuration.schema.json',
  'schema/schema.graphql',
  'src/cli/bin.js',
]
/** Sources, tests, databases and anything that may hold a secret. */
const NOT_PACKED =
  /\.(?:tsx?|db|env|pem|key|log)$|^(?:test|node_modules|\.git|\.ci)\/|^rollcall\.yaml$|\/secrets\//

/** The checks of the clone in `root`, in the order in which one corrects what they find. */
export function releaseChecks(root: string): ReleaseCheck[] {
  return [
    { name: 'nothing is uncommitted', check: () => isCommitted(root) },
    { name: 'the version is that of a release', check: async () => hasVersion(root) },
    { name: 'the lock file agrees', check: async () => lockAgrees(root) },
    { name: 'the changelog begins with the version', check: async () => hasChanges(root) },
    { name: 'the tag is free, or here', check: () => tagAgrees(root) },
    { name: 'the schema is the released one', check: async () => schemaIsReleased(root) },
    { name: 'the documentation is indexed and names the version', check: async () => documentsAgree(root) },
    { name: 'CI runs all checks and tests', check: async () => ciRunsAll(root) },
    { name: 'the licences allow distribution', check: async () => licencesAllow(root) },
    { name: 'the tarball has what it needs, and no more', check: () => tarballIsRight(root) },
    { name: 'the bill of materials can be made', check: () => hasBill(root) },
    { name: 'npm knows of no vulnerability', check: () => auditIsClean(root) },
  ]
}

/** What no program can decide or do. */
export function stepsForPeople(root: string): string[] {
  const { version } = manifestOf(root)
  return [
    'Read the section of this version in CHANGELOG.md as somebody who upgrades.',
    'Let .ci/run pass on a clean machine, and run npm run bench:soak on a quiet one.',
    `Tag the commit: git tag --sign v${version} && git push origin v${version}`,
    'Make the bill of materials: npm run --silent sbom > sbom.cdx.json',
    'Publish: npm publish --provenance (from CI), then npx rollcall@latest demo in an empty folder.',
    'Build and push the image; attach sbom.cdx.json to the release.',
  ]
}

const OK: CheckResult = { state: 'ok', detail: '' }

function result(problems: readonly string[], detail = ''): CheckResult {
  return problems.length === 0 ? { state: 'ok', detail } : { state: 'FAILED', detail: problems.join('; ') }
}

async function isCommitted(root: string): Promise<CheckResult> {
  const changed = (await run(root, 'git', ['status', '--porcelain'])).trim()
  return changed === '' ? OK : result([`commit or remove ${changed.split('\n').length} files (git status)`])
}

function hasVersion(root: string): CheckResult {
  const { version } = manifestOf(root)
  const isRelease = valid(version) !== null && /^[1-9]\d*\.\d+\.\d+$/.test(version)
  return isRelease ? { state: 'ok', detail: version } : result([`package.json has ${version}`])
}

function lockAgrees(root: string): CheckResult {
  const { version, dependencies, devDependencies } = manifestOf(root)
  const { packages, ...lock } = readJson<Lock>(root, 'package-lock.json')
  const own = packages[''] ?? {}
  const differs = (kind: 'dependencies' | 'devDependencies', wanted: object = {}) =>
    JSON.stringify(own[kind] ?? {}) === JSON.stringify(wanted) ? [] : [`${kind} differ: run npm install`]
  const unproven = Object.entries(packages).filter(([path, { integrity }]) => path !== '' && !integrity)
  return result([
    ...(lock.version === version && own.version === version ? [] : [`it has version ${lock.version}`]),
    ...differs('dependencies', dependencies),
    ...differs('devDependencies', devDependencies),
    ...unproven.map(([path]) => `${path} has no integrity`),
  ])
}

function hasChanges(root: string): CheckResult {
  const { version } = manifestOf(root)
  const [, unreleased = '', heading = ''] =
    /^(?:## Unreleased\n([\s\S]*?))?^## (.+)$/m.exec(read(root, 'CHANGELOG.md')) ?? []
  return result([
    ...(unreleased.trim() === '' ? [] : ['move what is under Unreleased to the version']),
    ...(/^(\S+) - \d{4}-\d\d-\d\d$/.exec(heading)?.[1] === version
      ? []
      : [`its first version is "${heading}", not "${version} - YYYY-MM-DD"`]),
  ])
}

async function tagAgrees(root: string): Promise<CheckResult> {
  const tag = `v${manifestOf(root).version}`
  const tags = (await run(root, 'git', ['tag', '--list', tag])).trim()
  if (tags === '') return { state: 'ok', detail: `${tag} does not exist yet` }
  const [tagged, head] = (await run(root, 'git', ['rev-parse', `${tag}^{commit}`, 'HEAD'])).trim().split('\n')
  return tagged === head
    ? { state: 'ok', detail: `${tag} is this commit` }
    : result([`${tag} is another commit`])
}

function schemaIsReleased(root: string): CheckResult {
  const isSame = read(root, 'schema/released.graphql') === read(root, 'schema/schema.graphql')
  return isSame
    ? OK
    : result(['run npm run check:schema, then copy schema/schema.graphql to schema/released.graphql'])
}

function documentsAgree(root: string): CheckResult {
  const { version } = manifestOf(root)
  const names = readdirSync(join(root, 'docs')).filter((name) => name.endsWith('.md'))
  const [inReadme, inDocs] = [read(root, 'README.md'), read(root, 'docs/README.md')]
  return result(
    names.flatMap((name) => [
      ...(name === 'README.md' || inReadme.includes(`](docs/${name})`)
        ? []
        : [`README.md lacks docs/${name}`]),
      ...(name === 'README.md' || inDocs.includes(`](${name})`) ? [] : [`docs/README.md lacks ${name}`]),
      ...[...read(root, `docs/${name}`).matchAll(/rollcall-(\d+\.\d+\.\d+)\.tgz/g)]
        .filter(([, named]) => named !== version)
        .map(([tarball]) => `docs/${name} names ${tarball}`),
    ]),
    `${names.length} documents`,
  )
}

function ciRunsAll(root: string): CheckResult {
  accessSync(join(root, '.ci/run'), constants.X_OK)
  const ran = read(root, '.ci/run')
  const wanted = Object.keys(manifestOf(root).scripts).filter((name) => /^(?:check|test(?::.+)?)$/.test(name))
  const isRun = (name: string) => new RegExp(`^npm (?:run )?${name}$`, 'm').test(ran)
  return result(
    wanted.filter((name) => !isRun(name)).map((name) => `.ci/run lacks npm run ${name}`),
    wanted.join(', '),
  )
}

function licencesAllow(root: string): CheckResult {
  const parties = thirdParties(root)
  const refused = parties.filter((each) => !isAllowed(each))
  return result(
    refused.map(({ name, version, license }) => `${name} ${version} has ${license ?? 'none'}`),
    `${parties.length} packages`,
  )
}

/** Builds what belongs into the tarball, and looks at what it would have. */
async function tarballIsRight(root: string): Promise<CheckResult> {
  const output = await run(root, 'npm', ['pack', '--dry-run', '--json'])
  // The output of the build comes first.
  const [packed] = JSON.parse(output.slice(output.indexOf('[\n'))) as [Packed]
  const paths = packed.files.map(({ path }) => path)
  return result(
    [
      ...PACKED.filter((path) => !paths.includes(path)).map((path) => `${path} is missing`),
      ...paths.filter((path) => NOT_PACKED.test(path)).map((path) => `${path} does not belong there`),
    ],
    `${paths.length} files, ${Math.round(packed.size / 1_000)} kB`,
  )
}

async function hasBill(root: string): Promise<CheckResult> {
  const output = await run(root, 'npm', ['run', '--silent', 'sbom'])
  const { bomFormat, components, metadata } = JSON.parse(output) as Bill
  const { name, version } = manifestOf(root)
  return result(
    bomFormat === 'CycloneDX' && metadata.component.purl === `pkg:npm/${name}@${version}`
      ? []
      : [`it is about ${metadata.component.purl}`],
    `${components.length} components`,
  )
}

async function auditIsClean(root: string): Promise<CheckResult> {
  const output = await run(root, 'npm', ['audit', '--omit', 'dev', '--json']).catch(
    ({ stdout }: { stdout?: string }) => stdout ?? '',
  )
  const { vulnerabilities, message } = JSON.parse(output || '{}') as Audit
  if (vulnerabilities === undefined) {
    return { state: 'NOT CHECKED', detail: `the registry does not answer (${message ?? 'no network'})` }
  }
  return result(Object.entries(vulnerabilities).map(([name, { severity }]) => `${name} (${severity})`))
}

interface Manifest {
  name: string
  version: string
  scripts: Record<string, string>
  dependencies?: object
  devDependencies?: object
}

interface Lock {
  version: string
  packages: Record<
    string,
    { version?: string; integrity?: string; dependencies?: object; devDependencies?: object }
  >
}

interface Packed {
  size: number
  files: { path: string }[]
}

interface Bill {
  bomFormat: string
  components: object[]
  metadata: { component: { purl: string } }
}

interface Audit {
  vulnerabilities?: Record<string, { severity: string }>
  message?: string
}

function manifestOf(root: string): Manifest {
  return readJson(root, 'package.json')
}

function readJson<T>(root: string, path: string): T {
  return JSON.parse(read(root, path)) as T
}

function read(root: string, path: string): string {
  return readFileSync(join(root, path), 'utf8')
}

async function run(cwd: string, program: string, args: readonly string[]): Promise<string> {
  return (await promisify(execFile)(program, args, { cwd, maxBuffer: 2 ** 26 })).stdout
}
