import { resolve } from 'node:path'
import { decodeText, fileProblem, readSmallFile, withoutLineEnd } from '../base/files.ts'
import { readPrivateKey } from '../base/private-key.ts'
import type { NameKey } from './problems.ts'
import type { KeyPath } from './schema-keys.ts'

export type Secret = 'password' | 'privateKey' | 'passphrase' | 'token' | 'secret'

/** The place of each secret, as the file names it. */
export type SecretPlaces = { readonly [Key in `${Secret}${'Env' | 'File'}`]?: string | undefined }

export interface SecretSources {
  /** Relative paths start here. */
  folder: string
  env: NodeJS.ProcessEnv
  nameKey: NameKey
  /** If false, secrets are neither read nor missed. */
  reads: boolean
}

/** A secret, or the reason why it cannot be used. */
type FoundSecret =
  | {
      value: string
      key: string
      /** The thing that the file names, as the beginning of a sentence about a problem with it. */
      which: string
      /** The file it was read from, if any. */
      path?: string
    }
  | { key: string; problem: string }

/** Reads the secrets of one mapping in the file. Each problem is one sentence. */
export class SecretReader {
  readonly #problems: string[]
  readonly #places: SecretPlaces
  readonly #parent: KeyPath
  readonly #sources: SecretSources

  /**
   * @param parent the path of the mapping in the file
   * @param problems receives the problems
   */
  constructor(places: SecretPlaces, parent: KeyPath, sources: SecretSources, problems: string[]) {
    this.#problems = problems
    this.#places = places
    this.#parent = parent
    this.#sources = sources
  }

  /** Whether the file says where the secret is kept. */
  has(secret: Secret): boolean {
    return this.#places[`${secret}Env`] !== undefined || this.#places[`${secret}File`] !== undefined
  }

  /** The secret; undefined if there is none, if it cannot be used, or if secrets are not read. */
  read(secret: Secret): string | undefined {
    const found = readSecret(this.#places, secret, this.#sources)
    if (found === null) return undefined
    if ('value' in found) return found.value
    this.complain(found.problem, found.key)
    return undefined
  }

  /**
   * The private key, decrypted with its passphrase, in the form that the probe accepts. Undefined as for
   * `read`.
   */
  readPrivateKey(): string | undefined {
    const passphrase = this.read('passphrase')
    const found = readSecret(this.#places, 'privateKey', this.#sources)
    if (found === null) return undefined
    if ('problem' in found) {
      this.complain(found.problem, found.key)
      return undefined
    }
    // The problem with the passphrase was reported already.
    if (passphrase === undefined && this.has('passphrase')) return undefined
    const answer = readPrivateKey(found.value, { passphrase, file: found.path })
    if ('key' in answer) return answer.key
    this.complain(`${found.which} ${answer.problem}`, found.key)
    return undefined
  }

  /** @param problem the predicate of a sentence about the mapping, or about a key of it */
  complain(problem: string, key?: string): void {
    const name = this.#sources.nameKey([...this.#parent, ...(key === undefined ? [] : [key])])
    this.#problems.push(`${name} ${problem}.`)
  }
}

function readSecret(
  places: SecretPlaces,
  secret: Secret,
  { folder, env, reads }: SecretSources,
): FoundSecret | null {
  const variable = places[`${secret}Env`]
  const file = places[`${secret}File`]
  if (variable !== undefined && file !== undefined) {
    return { key: `${secret}File`, problem: `stands beside "${secret}Env"; remove one of them` }
  }
  if (!reads) return null
  if (variable !== undefined) {
    const key = `${secret}Env`
    const value = env[variable]
    if (value === undefined)
      return { key, problem: `names the environment variable ${variable}, which is not set` }
    return checkSecret(secret, value, key, `names the environment variable ${variable}, which`)
  }
  if (file === undefined) return null
  const key = `${secret}File`
  const path = resolve(folder, file)
  try {
    return { ...checkSecret(secret, decodeText(readSmallFile(path)), key, `names ${path}, which`), path }
  } catch (thrown) {
    return { key, problem: `names ${path}, which ${fileProblem(thrown)}` }
  }
}

function checkSecret(secret: Secret, text: string, key: string, which: string): FoundSecret {
  const value = withoutLineEnd(text)
  if (value === '') return { key, problem: `${which} is empty` }
  if ((secret === 'password' || secret === 'passphrase') && /[\r\n]/.test(value)) {
    return { key, problem: `${which} has more than one line; a ${secret} is a single line` }
  }
  // It becomes part of a header.
  if (secret === 'token' && !/^[\x21-\x7e]+$/.test(value)) {
    return { key, problem: `${which} holds no token; one has neither spaces nor line breaks in it` }
  }
  if (secret === 'secret' && !isSigningSecret(value)) {
    return {
      key,
      problem:
        `${which} holds no signing secret; one is whsec_ and 24 to 64 random bytes in base64, ` +
        'such as echo "whsec_$(openssl rand -base64 32)" prints',
    }
  }
  return { value, key, which }
}

/** Whether a text is a symmetric secret of Standard Webhooks (section "Signature scheme"). */
function isSigningSecret(text: string): boolean {
  const [, base64 = ''] = /^whsec_([A-Za-z0-9+/]{32,86}={0,2})$/.exec(text) ?? []
  const { length } = Buffer.from(base64, 'base64')
  return length >= 24 && length <= 64
}
