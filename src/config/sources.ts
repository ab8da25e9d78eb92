import { X509Certificate } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { resolve } from 'node:path'
import { fileProblem } from '../base/file-problem.ts'
import { decodeText } from '../base/text.ts'
import type { FileConfig } from './file-schema.ts'
import { SecretReader, type SecretSources } from './read-secret.ts'
import type { HttpSourceConfig, SourceAccess, SourceConfig } from './schema.ts'
import { SOURCE_DEFAULTS } from './source-schema.ts'

type WrittenSource = FileConfig['sources'][number]
type Written<Type extends WrittenSource['type']> = Extract<WrittenSource, { type: Type }>

/** The sources with what they leave out, their secrets and certificates read; what cannot be is one sentence in `problems`. */
export function readSources(
  written: readonly WrittenSource[],
  from: SecretSources,
): { sources: SourceConfig[]; problems: string[] } {
  const problems: string[] = []
  const sources = written.map((source, index): SourceConfig => {
    const secrets = new SecretReader(source.type === 'file' ? {} : source, ['sources', index], from)
    const access = readAccess(source, secrets, from)
    problems.push(...secrets.problems)
    const { decommission, move, atLeast } = SOURCE_DEFAULTS.ceiling
    const ceiling = {
      decommission: source.ceiling?.decommission ?? decommission,
      move: source.ceiling?.move ?? move,
      atLeast: source.ceiling?.atLeast ?? atLeast,
    }
    return { ...access, countryAliases: source.countryAliases, ceiling }
  })
  return { sources, problems }
}

function readAccess(source: WrittenSource, secrets: SecretReader, from: SecretSources): SourceAccess {
  switch (source.type) {
    case 'file': {
      const { name, type, path, fields = {} } = source
      return { name, type, path: resolve(from.folder, path), fields }
    }
    case 'http': {
      const { type, format = null, fields = {} } = source
      return {
        ...readServer(source, secrets, from),
        type,
        format,
        login: readLogin(source, secrets),
        fields,
      }
    }
    case 'netbox': {
      const { type, status, filter = {}, countryField = null, countryDepth = 0, pageSize } = source
      if (!secrets.has('token')) secrets.complain('has nothing to log in with; add "tokenEnv" or "tokenFile"')
      return {
        ...readServer(source, secrets, from),
        type,
        token: secrets.read('token') ?? '',
        status: status ?? [...SOURCE_DEFAULTS.netboxStatus],
        addresses: source.addresses ?? SOURCE_DEFAULTS.netboxAddresses,
        filter,
        countryField,
        countryDepth,
        pageSize: pageSize ?? SOURCE_DEFAULTS.netboxPageSize,
      }
    }
    case 'solarwinds': {
      const { type, username, fields, filter = {}, pageSize } = source
      if (username === undefined || !secrets.has('password')) {
        secrets.complain('has nothing to log in with; add "username" with "passwordEnv" or "passwordFile"')
      }
      return {
        ...readServer(source, secrets, from),
        type,
        username: username ?? '',
        password: secrets.read('password') ?? '',
        fields: { ...SOURCE_DEFAULTS.solarwindsFields, ...fields },
        filter,
        pageSize: pageSize ?? SOURCE_DEFAULTS.solarwindsPageSize,
      }
    }
  }
}

function readServer(
  source: Exclude<WrittenSource, Written<'file'>>,
  secrets: SecretReader,
  { folder, reads }: SecretSources,
) {
  const { name, url, caFile, tlsServerName = null, timeout, totalTimeout } = source
  return {
    name,
    url: url.href,
    ca: caFile === undefined || !reads ? null : readCertificates(resolve(folder, caFile), secrets),
    tlsServerName,
    timeoutMs: timeout ?? SOURCE_DEFAULTS.timeoutMs,
    totalTimeoutMs: totalTimeout ?? SOURCE_DEFAULTS.totalTimeoutMs,
  }
}

/** A login is a token, or a user name with a password, or left out. */
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

function readCertificates(path: string, secrets: SecretReader): string {
  try {
    const pem = decodeText(readFileSync(path))
    new X509Certificate(pem)
    return pem
  } catch (thrown) {
    const isFile = thrown instanceof Error && 'syscall' in thrown
    const problem = isFile ? fileProblem(thrown) : 'holds no certificate in PEM form'
    secrets.complain(`names ${path}, which ${problem}`, 'caFile')
    return ''
  }
}
