import type { z } from 'zod'
import { list, mapping, oneOf, path, percentage, urlOfServer, variable } from './values.ts'

/** What webhooks are sent for. */
export const NOTICE_TYPES = [
  'credential.suspended',
  'plan.awaiting',
  'coverage.dropped',
  'hostkey.changed',
] as const

export type NoticeType = (typeof NOTICE_TYPES)[number]

const receiver = mapping({
  url: urlOfServer('holds a login; requests are signed instead, name a URL without one').describe(
    'Where the webhooks are sent. It must be `https://`; `http://` is accepted for this machine only.',
  ),
  on: list(oneOf(NOTICE_TYPES))
    .prefault([...NOTICE_TYPES])
    .describe('What is sent there.'),
  secretEnv: variable
    .optional()
    .describe('The variable with the secret that signs the webhooks: `whsec_` and 24 to 64 bytes in base64.'),
  secretFile: path.optional().describe('The file with the secret, instead of the variable.'),
  coverageDrop: percentage()
    .prefault('5%')
    .describe(
      '`coverage.dropped` is sent if the number of supported devices falls by more than this share of all ' +
        'devices from one completed refresh of everything to the next.',
    ),
  caFile: path
    .optional()
    .describe('The certificates (PEM) of the only authorities to trust. Default: those that Node.js trusts.'),
})

export const notify = list(receiver)

/** A receiver of webhooks, with its secret and its certificates read. */
export type Receiver = Omit<z.output<typeof receiver>, 'secretEnv' | 'secretFile' | 'caFile'> & {
  /** As Standard Webhooks writes it. */
  secret: string
  ca: string | null
}
