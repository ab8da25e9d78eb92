import { createPrivateKey, type KeyObject } from 'node:crypto'
import ssh2 from 'ssh2'
import { encodeEd25519Key, readOpensshHeader } from './openssh-key.ts'

/**
 * A private key in a form that ssh2 accepts, or why it cannot be used, as the predicate of a sentence about
 * the file.
 */
export type PrivateKeyAnswer = { key: string } | { problem: string }

const NO_KEY = 'holds no private key; a public key or a certificate does not serve'
const ENCRYPTED =
  'holds an encrypted private key; give its passphrase (passphraseEnv, passphraseFile or --passphrase-env)'
const WRONG = 'holds a private key that the passphrase does not decrypt, or that is damaged'
const DAMAGED = 'holds a private key that is damaged'

/** Each round takes about 10 ms of CPU. `ssh-keygen` uses 16 or 24 by default. */
const MAX_BCRYPT_ROUNDS = 500

const PEM = /-----BEGIN ((?:[A-Z0-9]+ )?PRIVATE KEY)-----[\s\S]+?-----END \1-----/
const CURVES = ['prime256v1', 'secp384r1', 'secp521r1']

/**
 * Decrypts a private key and converts it into a form that ssh2 accepts; ssh2 itself cannot read PKCS #8.
 * Accepts what OpenSSH and OpenSSL write, and RSA keys in PuTTY's format of version 2.
 *
 * Blocks the thread: a passphrase alone may take a tenth of a second of CPU or more.
 *
 * @param file the name of the file in messages that show how to convert it
 */
export function readPrivateKey(
  text: string,
  { passphrase, file = 'FILE' }: { passphrase?: string | undefined; file?: string | undefined },
): PrivateKeyAnswer {
  // An environment variable often holds the whole key in one line.
  const lines = (text.includes('\n') ? text : text.replaceAll('\\n', '\n')).replaceAll('\r\n', '\n').trim()
  if (lines.startsWith('PuTTY-User-Key-File')) return readPutty(lines, passphrase, file)
  if (/^---- BEGIN SSH2 (ENCRYPTED )?PRIVATE KEY ----/m.test(lines)) {
    return { problem: `holds a private key of SSH.com; convert it with \`ssh-keygen -i -f ${file} > NEW\`` }
  }
  const [pem, label] = PEM.exec(lines) ?? []
  if (pem === undefined) return { problem: NO_KEY }
  if (label === 'OPENSSH PRIVATE KEY') return readOpenssh(pem, passphrase, file)
  const isEncrypted = label === 'ENCRYPTED PRIVATE KEY' || pem.includes('Proc-Type: 4,ENCRYPTED')
  if (isEncrypted && !passphrase) return { problem: ENCRYPTED }
  if (label === 'DSA PRIVATE KEY') return withSshLibrary(pem, passphrase, isEncrypted)
  try {
    return convert(createPrivateKey({ key: pem, passphrase: isEncrypted ? passphrase : undefined }), file)
  } catch (failure) {
    const code: unknown = failure instanceof Error ? Reflect.get(failure, 'code') : null
    if (isEncrypted && typeof code === 'string' && code.endsWith('UNSUPPORTED')) {
      const command = `openssl pkcs8 -topk8 -provider legacy -provider default -in ${file} -out NEW`
      return {
        problem: `holds a private key whose encryption is out of date; convert it with \`${command}\``,
      }
    }
    return { problem: isEncrypted ? WRONG : DAMAGED }
  }
}

function readOpenssh(pem: string, passphrase: string | undefined, file: string): PrivateKeyAnswer {
  const header = readOpensshHeader(pem)
  if (header === null) return { problem: DAMAGED }
  const { cipher, type, rounds } = header
  if (type.startsWith('sk-')) {
    const problem =
      'holds a key that needs a security device at each login; make one with `ssh-keygen -t ed25519`'
    return { problem }
  }
  const isEncrypted = cipher !== 'none'
  if (isEncrypted && !passphrase) return { problem: ENCRYPTED }
  if (cipher.startsWith('chacha20')) {
    const command = `ssh-keygen -p -Z aes256-ctr -f ${file}`
    return { problem: `holds a private key that is encrypted with ${cipher}; convert it with \`${command}\`` }
  }
  if (isEncrypted && rounds > MAX_BCRYPT_ROUNDS) {
    const problem =
      `holds a private key that takes ${rounds} rounds to decrypt, more than ${MAX_BCRYPT_ROUNDS}; ` +
      `convert it with \`ssh-keygen -p -a 100 -f ${file}\``
    return { problem }
  }
  return withSshLibrary(pem, passphrase, isEncrypted)
}

function readPutty(text: string, passphrase: string | undefined, file: string): PrivateKeyAnswer {
  const isEncrypted = !/^Encryption: none$/m.test(text)
  if (!/^PuTTY-User-Key-File-2: ssh-(rsa|dss)$/m.test(text)) {
    const command = `puttygen ${file} -O private-openssh -o NEW`
    return { problem: `holds a PuTTY key of a kind that cannot be used; convert it with \`${command}\`` }
  }
  if (isEncrypted && !passphrase) return { problem: ENCRYPTED }
  return withSshLibrary(text, passphrase, isEncrypted)
}

/** Reads a key with ssh2. Its messages are not passed on, because one could quote the key. */
function withSshLibrary(
  text: string,
  passphrase: string | undefined,
  isEncrypted: boolean,
): PrivateKeyAnswer {
  const parsed = ssh2.utils.parseKey(text, passphrase)
  if (parsed instanceof Error || !parsed.isPrivateKey()) return { problem: isEncrypted ? WRONG : DAMAGED }
  const pem = parsed.getPrivatePEM()
  // ssh2 returns such a key in PKCS #8, which it does not accept.
  return { key: parsed.type === 'ssh-ed25519' ? encodeEd25519(createPrivateKey(pem)) : pem }
}

function convert(key: KeyObject, file: string): PrivateKeyAnswer {
  const { asymmetricKeyType: type = '', asymmetricKeyDetails: details } = key
  if (type === 'rsa') return { key: key.export({ type: 'pkcs1', format: 'pem' }).toString() }
  if (type === 'ec' && CURVES.includes(details?.namedCurve ?? '')) {
    return { key: key.export({ type: 'sec1', format: 'pem' }).toString() }
  }
  if (type === 'ed25519') return { key: encodeEd25519(key) }
  if (type === 'dsa') {
    return { problem: `holds a DSA key in PKCS #8; convert it with \`ssh-keygen -p -m PEM -f ${file}\`` }
  }
  const kind = details?.namedCurve ?? type
  return {
    problem:
      `holds a key of the kind ${kind}, with which Rollcall cannot log in; ` +
      'use an Ed25519, ECDSA or RSA key',
  }
}

function encodeEd25519(key: KeyObject): string {
  const { d = '', x = '' } = key.export({ format: 'jwk' })
  return encodeEd25519Key(Buffer.from(d, 'base64url'), Buffer.from(x, 'base64url'))
}
