import { X509Certificate } from 'node:crypto'
import { resolve } from 'node:path'
import { z } from 'zod'
import { decodeText, fileProblem, readSmallFile } from '../base/files.ts'
import { notify, type Receiver } from './notify-schema.ts'
import { isPostgresUrl } from './postgres-url.ts'
import { credential } from './probe-schema.ts'
import { SecretReader, type SecretSources } from './read-secret.ts'
import type {
  AuthConfig,
  CheckedConfig,
  Config,
  Credential,
  HttpSourceConfig,
  JwtConfig,
  SourceConfig,
} from './schema.ts'
import { sections } from './schema.ts'
import { valueAt } from './schema-keys.ts'
import { source } from './source-schema.ts'

type WrittenSource = CheckedConfig['sources'][number]
type Written<Type extends WrittenSource['type']> = Extract<WrittenSource, { type: Type }>

/** The parts of the configuration that name secrets, keys or certificates kept elsewhere. */
export type ReadingPart = 'auth' | 'sources' | 'credentials' | 'probe' | 'notify'

interface ResolveOptions extends Omit<SecretSources, 'reads'> {
  /**
   * Whether the files and variables that a part names are read. If not, what they hold is left out or empty.
   */
  isRead: (part: ReadingPart) => boolean
}

/** Makes paths absolute, and reads secrets, keys and certificates. Each problem is one sentence. */
export function resolveConfig(
  checked: CheckedConfig,
  { isRead, ...from }: ResolveOptions,
): { config: Config; problems: string[] } {
  const problems: string[] = []
  const absolute = (path: string | null) => (path === null ? null : resolve(from.folder, path))
  const receivers = checked.notify.map((receiver, index) =>
    resolveReceiver(receiver, index, { ...from, reads: isRead('notify') }, problems),
  )
  const config: Config = {
    ...checked,
    persistedOperations: {
      ...checked.persistedOperations,
      file: absolute(checked.persistedOperations.file),
    },
    database: isPostgresUrl(checked.database) ? checked.database : resolve(from.folder, checked.database),
    postgres: resolvePostgres(
      checked.postgres,
      { ...from, reads: isPostgresUrl(checked.database) },
      problems,
    ),
    auth: resolveAuth(checked.auth, { ...from, reads: isRead('auth') }, problems),
    sources: checked.sources.map((source, index) =>
      resolveSource(source, index, { ...from, reads: isRead('sources') }, problems),
    ),
    credentials: checked.credentials.map((credential, index) =>
      resolveCredential(credential, index, { ...from, reads: isRead('credentials') }, problems),
    ),
    probe: { ...checked.probe, knownHostsFile: absolute(checked.probe.knownHostsFile) },
    // Without their secrets, nothing can be sent to them.
    notify: isRead('notify') ? receivers : [],
  }
  return { config, problems }
}

/**
 * Finds the problems with secrets, keys and certificates of a configuration that is wrong elsewhere: of those
 * parts and items of lists that are sound by themselves.
 *
 * @param written the configuration as it is written
 */
export function problemsOfSoundParts(written: unknown, { isRead, ...from }: ResolveOptions): string[] {
  const problems: string[] = []
  const part = <Schema extends z.ZodType>(
    schema: Schema,
    value: unknown,
    resolvePart: (checked: z.output<Schema>) => unknown,
  ) => {
    const checked = schema.safeParse(value)
    if (checked.success) resolvePart(checked.data)
  }
  const { shape } = sections
  const isRemote = isPostgresUrl(String(valueAt(written, 'database')))
  part(shape.postgres, valueAt(written, 'postgres'), (postgres) =>
    resolvePostgres(postgres, { ...from, reads: isRemote }, problems),
  )
  part(shape.auth, valueAt(written, 'auth'), (auth) =>
    resolveAuth(auth, { ...from, reads: isRead('auth') }, problems),
  )
  for (const [index, item] of itemsAt(written, 'sources')) {
    part(source, item, (checked) =>
      resolveSource(checked, index, { ...from, reads: isRead('sources') }, problems),
    )
  }
  for (const [index, item] of itemsAt(written, 'credentials')) {
    part(credential, item, (checked) =>
      resolveCredential(checked, index, { ...from, reads: isRead('credentials') }, problems),
    )
  }
  for (const [index, item] of itemsAt(written, 'notify')) {
    part(notify.element, item, (checked) =>
      resolveReceiver(checked, index, { ...from, reads: isRead('notify') }, problems),
    )
  }
  return problems
}

function itemsAt(written: unknown, key: string): IterableIterator<[number, unknown]> {
  const items: unknown = valueAt(written, key)
  return (Array.isArray(items) ? items : []).entries()
}

function resolvePostgres(
  places: CheckedConfig['postgres'],
  from: SecretSources,
  problems: string[],
): Config['postgres'] {
  const secrets = new SecretReader(places, ['postgres'], from, problems)
  const password = secrets.read('password')
  const { ca } = resolveTls(places, secrets, from)
  return { ...(password !== undefined && { password }), ca }
}

function resolveAuth(
  { mode, jwt }: CheckedConfig['auth'],
  from: SecretSources,
  problems: string[],
): AuthConfig {
  if (mode !== 'jwt' || jwt === undefined) return { mode: mode === 'tokens' ? 'tokens' : 'none' }
  const { jwks, jwksFile = '', roles = null, ...rest } = jwt
  const keys: JwtConfig['keys'] =
    jwks === undefined ? { set: readKeySet(jwksFile, from, problems) } : { url: jwks }
  return { mode, keys, roles, ...rest }
}

/** The parts of RFC 7517 that distinguish a key set from any other JSON. */
const keySet = z.object({ keys: z.array(z.looseObject({ kty: z.string() })).min(1) })

function readKeySet(
  file: string,
  { folder, nameKey, reads }: SecretSources,
  problems: string[],
): z.output<typeof keySet> {
  if (!reads) return { keys: [] }
  const path = resolve(folder, file)
  const complain = (problem: string) => {
    problems.push(`${nameKey(['auth', 'jwt', 'jwksFile'])} names ${path}, which ${problem}.`)
    return { keys: [] }
  }
  try {
    const { data } = keySet.safeParse(JSON.parse(decodeText(readSmallFile(path))))
    return data ?? complain('holds no JSON Web Key Set')
  } catch (thrown) {
    return complain(thrown instanceof SyntaxError ? 'holds no JSON' : fileProblem(thrown))
  }
}

function resolveCredential(
  credential: CheckedConfig['credentials'][number],
  index: number,
  from: SecretSources,
  problems: string[],
): Credential {
  const secrets = new SecretReader(credential, ['credentials', index], from, problems)
  if (secrets.has('passphrase') && !secrets.has('privateKey')) {
    secrets.complain('has a passphrase without a private key; add "privateKeyFile" or "privateKeyEnv"')
  }
  if (!secrets.has('password') && !secrets.has('privateKey')) {
    secrets.complain(
      'has nothing to log in with; add "passwordEnv", "passwordFile", "privateKeyEnv" or "privateKeyFile"',
    )
  }
  const { name, username, match } = credential
  return { name, username, password: secrets.read('password'), privateKey: secrets.readPrivateKey(), match }
}

function resolveReceiver(
  receiver: CheckedConfig['notify'][number],
  index: number,
  from: SecretSources,
  problems: string[],
): Receiver {
  const secrets = new SecretReader(receiver, ['notify', index], from, problems)
  if (!secrets.has('secret')) secrets.complain('has nothing to sign with; add "secretEnv" or "secretFile"')
  const { secretEnv, secretFile, caFile, ...rest } = receiver
  const { ca } = resolveTls({ caFile }, secrets, from)
  return { ...rest, secret: secrets.read('secret') ?? '', ca }
}

function resolveSource(
  source: WrittenSource,
  index: number,
  from: SecretSources,
  problems: string[],
): SourceConfig {
  if (source.type === 'file') return { ...source, path: resolve(from.folder, source.path) }
  const secrets = new SecretReader(source, ['sources', index], from, problems)
  switch (source.type) {
    case 'http': {
      const { username, passwordEnv, passwordFile, tokenEnv, tokenFile, ...rest } = source
      return { ...resolveTls(rest, secrets, from), login: readLogin(source, secrets) }
    }
    case 'netbox': {
      const { tokenEnv, tokenFile, ...rest } = source
      if (!secrets.has('token')) secrets.complain('has nothing to log in with; add "tokenEnv" or "tokenFile"')
      return { ...resolveTls(rest, secrets, from), token: secrets.read('token') ?? '' }
    }
    case 'solarwinds': {
      const { username = '', passwordEnv, passwordFile, ...rest } = source
      if (username === '' || !secrets.has('password')) {
        secrets.complain('has nothing to log in with; add "username" with "passwordEnv" or "passwordFile"')
      }
      return { ...resolveTls(rest, secrets, from), username, password: secrets.read('password') ?? '' }
    }
  }
}

/** A login is a token, or a user name with a password, or nothing. */
function readLogin(source: Written<'http'>, secrets: SecretReader): HttpSourceConfig['login'] {
  const { username } = source
  const token = secrets.read('token')
  const password = secrets.read('password')
  if (secrets.has('token') && (username !== undefined || secrets.has('password'))) {
    secrets.complain('has both a token and a user name or password; remove one of them')
  } else if (username === undefined && secrets.has('password')) {
    secrets.complain('has a password without a user name; add "username"')
  } else if (username !== undefined && !secrets.has('password')) {
    secrets.complain('has a user name without a password; add "passwordEnv" or "passwordFile"')
  }
  if (token !== undefined) return { token }
  return username !== undefined && password !== undefined ? { username, password } : null
}

function resolveTls<Source extends { caFile?: string | undefined; tlsServerName?: string | undefined }>(
  { caFile, tlsServerName, ...rest }: Source,
  secrets: SecretReader,
  { folder, reads }: SecretSources,
) {
  const ca = caFile === undefined || !reads ? null : readCertificates(resolve(folder, caFile), secrets)
  return { ...rest, ca, tlsServerName: tlsServerName ?? null }
}

function readCertificates(path: string, secrets: SecretReader): string {
  const problem = (what: string) => {
    secrets.complain(`names ${path}, which ${what}`, 'caFile')
    return ''
  }
  let pem: string
  try {
    pem = decodeText(readSmallFile(path))
  } catch (thrown) {
    return problem(fileProblem(thrown))
  }
  try {
    new X509Certificate(pem)
    return pem
  } catch {
    return problem('holds no certificate in PEM form')
  }
}
