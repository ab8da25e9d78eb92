import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'

/** A package whose code or data Rollcall needs to run, or that is in the built console. */
export interface ThirdParty {
  name: string
  version: string
  /** SPDX expression; null if the package has none. */
  license: string | null
  /** The texts of its licence files; empty if it has none. */
  text: string
}

/** SPDX identifiers that need no more than their text beside the software. */
const ALLOWED = new Set([
  '0BSD',
  'Apache-2.0',
  'BSD-2-Clause',
  'BSD-3-Clause',
  'BlueOak-1.0.0',
  'CC0-1.0',
  'ISC',
  'MIT',
  'Unlicense',
  'Zlib',
])
/** Data under a licence that obliges only who publishes a changed database: Rollcall uses it as it is. */
const ALLOWED_FOR: Readonly<Record<string, string>> = { 'world-countries': 'ODbL-1.0' }

const LICENSE_FILE = /^(licen[cs]e|copying|notice)([.-].*)?$/i
const CONSOLE_LICENSES = 'dist/console/licenses.json'

interface LockEntry {
  version: string
  dev?: boolean
}

interface Manifest {
  license?: string
  /** As old packages have it. */
  licenses?: { type: string }[]
}

/**
 * Returns the installed packages that a clone's lock file has for production, and those in its built console, by name.
 *
 * @throws Error if the console is not built
 */
export function thirdParties(root: string): ThirdParty[] {
  const lock = readJson<{ packages: Record<string, LockEntry> }>(join(root, 'package-lock.json'))
  const installed = Object.entries(lock.packages).flatMap(([path, { version, dev }]) => {
    const folder = join(root, path)
    // What is optional is missing on other systems.
    if (path === '' || dev || !existsSync(folder)) return []
    const { license, licenses = [] } = readJson<Manifest>(join(folder, 'package.json'))
    const name = path.slice(path.lastIndexOf('node_modules/') + 'node_modules/'.length)
    return [{ name, version, license: license ?? licenses[0]?.type ?? null, text: licenseText(folder) }]
  })
  const found = new Map(
    [...installed, ...bundled(root)].map((each) => [`${each.name}@${each.version}`, each] as const),
  )
  return [...found.values()].sort((one, other) => (one.name < other.name ? -1 : 1))
}

/** Whether Rollcall may be distributed with it. One of the licences of `(A OR B)` is enough. */
export function isAllowed({ name, license }: ThirdParty): boolean {
  if (license === null) return false
  if (ALLOWED_FOR[name] === license) return true
  return license
    .replace(/^\((.*)\)$/, '$1')
    .split(' OR ')
    .some((each) => ALLOWED.has(each))
}

export function licensesFile(parties: readonly ThirdParty[]): string {
  const line = '-'.repeat(78)
  const intro =
    'The packages that Rollcall needs to run, and those that are in its console, with their licences.\n'
  const sections = parties.map(({ name, version, license, text }) => {
    const body = text === '' ? 'The package has no file with its licence.' : text.trim()
    return `${line}\n${name} ${version}: ${license ?? 'unknown'}\n${line}\n\n${body}\n`
  })
  return [intro, ...sections].join('\n')
}

function bundled(root: string): ThirdParty[] {
  const file = join(root, CONSOLE_LICENSES)
  if (!existsSync(file)) {
    throw new Error(`${CONSOLE_LICENSES} is missing. Build the console: npm run build:console`)
  }
  const packages =
    readJson<{ name: string; version: string; identifier: string | null; text: string | null }[]>(file)
  return packages.map(({ name, version, identifier, text }) => ({
    name,
    version,
    license: identifier,
    text: text ?? '',
  }))
}

function licenseText(folder: string): string {
  return readdirSync(folder)
    .filter((name) => LICENSE_FILE.test(name))
    .sort()
    .map((name) => readFileSync(join(folder, name), 'utf8'))
    .join('\n')
}

function readJson<T>(path: string): T {
  return JSON.parse(readFileSync(path, 'utf8')) as T
}
