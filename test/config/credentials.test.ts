import { createPrivateKey, generateKeyPairSync } from 'node:crypto'
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { readPrivateKey } from '../../src/base/private-key.ts'
import { useConfigFile } from './support/config-file.ts'

const file = useConfigFile()

describe('credentials', () => {
  const { privateKey, publicKey } = generateKeyPairSync('ed25519', {
    privateKeyEncoding: { type: 'pkcs8', format: 'pem' },
    publicKeyEncoding: { type: 'spki', format: 'pem' },
  })

  test('can have their secrets in files and variables', async () => {
    const encrypted = createPrivateKey(privateKey).export({
      type: 'pkcs8',
      format: 'pem',
      cipher: 'aes-256-cbc',
      passphrase: ' phrase ',
    })
    await writeFile(join(file.folder, 'id'), encrypted)
    await writeFile(join(file.folder, 'pass'), ' phrase \r\n')
    const answer = readPrivateKey(privateKey, {})
    const decrypted = 'key' in answer ? answer.key : answer.problem
    const content = `
credentials:
  - { name: file, username: a, privateKeyFile: id, passphraseFile: pass }
  - { name: env, username: b, privateKeyEnv: KEY, passphraseEnv: PHRASE, passwordEnv: WORD }
`
    const env = { KEY: privateKey, PHRASE: 'p', WORD: 'w' }
    expect((await file.load(content, { env })).credentials).toEqual([
      { name: 'file', username: 'a', privateKey: decrypted, match: null },
      {
        name: 'env',
        username: 'b',
        privateKey: decrypted,
        password: 'w',
        match: null,
      },
    ])
  })

  test.each([
    [
      'name: a, username: b, password: hunter2',
      '.password" would keep a secret in this file; name an environment variable with "passwordEnv" or a file with "passwordFile" instead.',
    ],
    [
      'name: a, username: b, privateKey: hunter2',
      '.privateKey" would keep a secret in this file; name an environment variable with "privateKeyEnv" or a file with "privateKeyFile" instead.',
    ],
    [
      'name: a, username: b, passphrase: hunter2',
      '.passphrase" would keep a secret in this file; name an environment variable with "passphraseEnv" or a file with "passphraseFile" instead.',
    ],
    [
      'name: a, username: b, passwordEnv: "hunter2!"',
      '.passwordEnv" must be the name of an environment variable.',
    ],
    ['name: a, username: b, passwordFile: [hunter2]', '.passwordFile" must be the path of a file.'],
    [
      'name: a, username: b, passwordEnv: UNSET',
      '.passwordEnv" names the environment variable UNSET, which is not set.',
    ],
    [
      'name: a, username: b, passwordEnv: EMPTY',
      '.passwordEnv" names the environment variable EMPTY, which is empty.',
    ],
    ['name: a, username: b, passwordFile: none', '.passwordFile" names none, which does not exist.'],
    ['name: a, username: b, passwordFile: blank', '.passwordFile" names blank, which is empty.'],
    [
      'name: a, username: b, passwordFile: blank, passwordEnv: WORD',
      '.passwordFile" stands beside "passwordEnv"; remove one of them.',
    ],
    [
      'name: a, username: b, privateKeyFile: id.pub',
      '.privateKeyFile" names id.pub, which holds no private key; a public key or a certificate does not serve.',
    ],
    [
      'name: a, username: b, privateKeyFile: locked',
      '.privateKeyFile" names locked, which holds an encrypted private key; give its passphrase (passphraseEnv, passphraseFile or --passphrase-env).',
    ],
    [
      'name: a, username: b, privateKeyFile: locked, passphraseEnv: WORD',
      '.privateKeyFile" names locked, which holds a private key that the passphrase does not decrypt, or that is damaged.',
    ],
    [
      'name: a, username: b, privateKeyFile: locked, passphraseEnv: UNSET',
      '.passphraseEnv" names the environment variable UNSET, which is not set.',
    ],
    [
      'name: a, username: b, passwordEnv: WORD, passphraseEnv: WORD',
      '" has a passphrase without a private key; add "privateKeyFile" or "privateKeyEnv".',
    ],
    [
      'name: a, username: b',
      '" has nothing to log in with; add "passwordEnv", "passwordFile", "privateKeyEnv" or "privateKeyFile".',
    ],
    ['name: a, passwordEnv: WORD', '.username" is missing; it must be a user name.'],
    [
      'name: a, username: b, passwordEnv: LINES',
      '.passwordEnv" names the environment variable LINES, which has more than one line; a password is a single line.',
    ],
  ])('that are invalid are refused, and no secret is repeated: %s', async (credential, problem) => {
    await writeFile(join(file.folder, 'blank'), '\n')
    await writeFile(join(file.folder, 'id.pub'), publicKey)
    const encryption = { cipher: 'aes-256-cbc', passphrase: 'another' }
    const locked = createPrivateKey(privateKey).export({ type: 'pkcs8', format: 'pem', ...encryption })
    await writeFile(join(file.folder, 'locked'), locked)
    const problems = await file.problemsOf(`credentials: [{ ${credential} }]`, {
      env: { WORD: 'hunter2', EMPTY: '', LINES: 'netops\nhunter2\n' },
    })
    expect(problems).toEqual([`rollcall.yaml:1: "credentials[0]${problem}`])
    expect(problems.join()).not.toContain('hunter2')
  })

  test.each([
    ['a line end', Buffer.from('hunter2\n')],
    ['the line ends of Windows', Buffer.from('hunter2\r\n\r\n')],
    ['a byte order mark', Buffer.from('\ufeffhunter2\r\n')],
    ['UTF-16', Buffer.from('\ufeffhunter2\r\n', 'utf16le')],
  ])('are read from files with %s', async (_, bytes) => {
    await writeFile(join(file.folder, 'word'), bytes)
    const config = await file.load('credentials: [{ name: a, username: b, passwordFile: word }]', {})
    expect(config.credentials[0]?.password).toBe('hunter2')
  })

  test('are read from variables without the line end that secrets of Kubernetes often have', async () => {
    const config = await file.load('credentials: [{ name: a, username: b, passwordEnv: WORD }]', {
      env: { WORD: ' #hünter$2 \n' },
    })
    expect(config.credentials[0]?.password).toBe(' #hünter$2 ')
  })

  test('must have unique names', async () => {
    const credential = '{ name: a, username: b, passwordEnv: WORD }'
    expect(
      await file.problemsOf(`credentials: [${credential}, ${credential}]`, { env: { WORD: 'w' } }),
    ).toEqual([
      'rollcall.yaml:1: "credentials[1].name" is "a", which number 1 of the list is named already; choose another.',
    ])
  })
})
