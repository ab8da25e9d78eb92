import { z } from 'zod'
import { match } from './match.ts'
import {
  duration,
  list,
  mapping,
  oneOf,
  path,
  refuse,
  text,
  together,
  trueOrFalse,
  variable,
  wholeNumber,
} from './values.ts'

export const credential = mapping({
  name: text('a name').describe('The name of the credential. It must be unique.'),
  username: text('a user name').describe('The user to log in as.'),
  passwordEnv: variable
    .optional()
    .describe('The variable with the password. A password, a private key or both are needed.'),
  passwordFile: path.optional().describe('The file with the password, instead of the variable.'),
  privateKeyEnv: variable
    .optional()
    .describe('The variable with the private key, in OpenSSH, PEM or PKCS #8 format.'),
  privateKeyFile: path.optional().describe('The file with the private key, instead of the variable.'),
  passphraseEnv: variable.optional().describe('The variable with the passphrase of the private key.'),
  passphraseFile: path.optional().describe('The file with the passphrase, instead of the variable.'),
  match: match.optional().describe('The devices that the credential is for. Default: all devices.'),
}).transform(({ match = null, ...rest }) => ({ ...rest, match }))

type WrittenCredential = z.output<typeof credential>

/** A login with its secrets read. The log omits properties with the names of these secrets. */
export type Credential = Pick<WrittenCredential, 'name' | 'username' | 'match'> & {
  password?: string | undefined
  /** The text of the key, decrypted, in a form that the probe accepts. */
  privateKey?: string | undefined
}

const requirement = mapping({
  uri: z
    .string('a capability URI')
    .regex(/^\S+$/, 'a capability URI without spaces')
    .optional()
    .meta({ values: 'URI', description: 'The capability. A text in place of the mapping means this key.' }),
  module: text('the name of a YANG module').optional().describe('A YANG module, instead of `uri`.'),
  minRevision: z.iso
    .date('a date, YYYY-MM-DD')
    .optional()
    .meta({ values: 'YYYY-MM-DD', description: 'The oldest accepted revision of the module.' }),
  features: list(text('the name of a YANG feature'))
    .optional()
    .describe('The features of the module that the device must support.'),
  match: match.optional().describe('The devices that need the capability. Default: all devices.'),
}).superRefine(({ uri, module, minRevision, features }, context) => {
  if ((uri === undefined) === (module === undefined)) {
    refuse(context, [], 'needs "uri" or "module", and not both')
  } else if (uri !== undefined && (minRevision ?? features) !== undefined) {
    refuse(context, [], 'has "uri"; "minRevision" and "features" go with "module" only')
  }
})

type Requirement =
  | { uri: string }
  | ({ module: string } & Pick<z.output<typeof requirement>, 'minRevision' | 'features'>)

const requiredCapability = z
  .preprocess((given) => (typeof given === 'string' ? { uri: given } : given), requirement)
  .transform(({ uri, module = '', minRevision, features, match = null }) => {
    const wanted: Requirement = uri === undefined ? { module, minRevision, features } : { uri }
    return { requirement: wanted, match }
  })

const hostKeys = oneOf(['trust-first', 'known-hosts', 'off'])

/** Which host key is accepted: the first that the device showed, one in the known-hosts file, or any. */
export type HostKeyPolicy = z.output<typeof hostKeys>

const probeKeys = mapping({
  port: wholeNumber(1, 65_535).prefault(830).describe('The port of devices for which the source gives none.'),
  timeout: duration('100ms', '10m')
    .prefault('10s')
    .describe('The hard limit of one probe, from name resolution to the closed socket.'),
  requiredCapabilities: list(requiredCapability)
    .prefault([])
    .describe('The capabilities that a device must offer to count as supported.'),
  hostKeys: hostKeys
    .prefault('trust-first')
    .describe(
      'Which host key is accepted: the first that the device showed, one in `knownHostsFile`, or any.',
    ),
  knownHostsFile: path
    .nullable()
    .prefault(null)
    .describe(
      'A file in the format of OpenSSH. It is needed with `hostKeys: known-hosts` and allowed only there.',
    ),
  facts: trueOrFalse
    .prefault(true)
    .describe('Whether devices are asked for host name, vendor, model, version and serial number.'),
  legacyAlgorithms: list(match)
    .prefault([])
    .describe('The devices that may use SSH algorithms known to be weak: those that any entry fits.'),
})

export const probe = together(
  probeKeys,
  ['hostKeys', 'knownHostsFile'],
  ({ hostKeys, knownHostsFile }, context) => {
    if (hostKeys === 'known-hosts' && knownHostsFile === null) {
      refuse(context, ['hostKeys'], 'is known-hosts, which needs "knownHostsFile" beside it')
    }
    // A person who names the file expects keys to be checked against it, and they would not be.
    if (hostKeys !== 'known-hosts' && knownHostsFile !== null) {
      const message = `goes with "hostKeys: known-hosts" only, and that is ${hostKeys}`
      refuse(context, ['knownHostsFile'], message)
    }
  },
).transform(({ timeout, ...rest }) => ({ ...rest, timeoutMs: timeout }))
