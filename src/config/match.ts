import type { z } from 'zod'
import { compileGlob, type Glob } from '../base/glob.ts'
import { mapping, refuse, text } from './values.ts'

/** The facts about a device that a `match` compares. */
interface MatchedDevice {
  platform: string | null
  country: string
  site: string
  name: string
}

const PARTS = ['platform', 'country', 'site', 'name'] as const

const glob = text('a glob such as "iosxe*"')

export const match = mapping({
  platform: glob
    .optional()
    .describe('The platform, such as `iosxe*`. Only `*` fits a device whose platform is unknown.'),
  country: glob.optional().describe('The name of the country.'),
  site: glob.optional().describe('The name of the site, such as `FRA*`.'),
  name: glob.optional().describe('The name of the device.'),
})
  .superRefine((given, context) => {
    // An unknown key is a problem of its own.
    if (context.issues.length > 0 || Object.values(given).some((each) => each !== undefined)) return
    // A match that names nothing would fit every device.
    refuse(context, [], 'needs "platform", "country", "site" or "name"; { name: "*" } fits every device')
  })
  .meta({
    values: '[match](#matches)',
    description:
      'Globs over the facts about a device. All that are given must fit, and at least one must be given.',
  })

export type Match = z.output<typeof match>

/** Compiles a match into a predicate. Null fits every device. */
export function compileMatch(match: Match | null): (device: MatchedDevice) => boolean {
  const globs = PARTS.flatMap((part): { part: (typeof PARTS)[number]; fits: Glob }[] => {
    const pattern = match?.[part]
    return pattern === undefined ? [] : [{ part, fits: compileGlob(pattern) }]
  })
  return (device) => globs.every(({ part, fits }) => fits(device[part]))
}
