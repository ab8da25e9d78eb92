import type { ProbeCredential, ProbeReport } from './probe-report.ts'
import { patternOf } from './secret-pattern.ts'

/** Shorter passwords occur in ordinary words. */
const MIN_SECRET_LENGTH = 4
/** Capabilities and facts are names that others compare, so only longer passwords are removed from them. */
const MIN_SECRET_LENGTH_IN_NAMES = 8
const INSTEAD = '[secret]'

type Clean = (said: string) => string

/**
 * Removes the password from everything that the peer sent, since a peer that received it may send it back.
 */
export function redact(report: ProbeReport, { password = '' }: ProbeCredential): ProbeReport {
  if (password.length < MIN_SECRET_LENGTH) return report
  const pattern = patternOf(password)
  const clean: Clean = (said) =>
    said.replace(pattern, (found) => (found.endsWith('…') ? `${INSTEAD}…` : INSTEAD))
  const { message, capabilities, facts, peer, notes } = report
  const inNames = password.length >= MIN_SECRET_LENGTH_IN_NAMES
  const told = inNames ? Object.values(facts ?? {}) : []
  const said = [message, peer.identification, ...Object.values(peer.said), ...told, ...notes]
  const names = inNames ? capabilities && cleanNames(capabilities, pattern, clean) : capabilities
  // This is the normal case, and it costs a probe next to nothing.
  if (names === capabilities && said.every((text) => text === null || clean(text) === text)) return report
  return {
    ...report,
    message: message && clean(message),
    capabilities: names,
    peer: {
      ...peer,
      identification: peer.identification && clean(peer.identification),
      said: {
        banner: peer.said.banner && clean(peer.said.banner),
        stderr: peer.said.stderr && clean(peer.said.stderr),
        noise: peer.said.noise && clean(peer.said.noise),
      },
    },
    facts: inNames ? facts && cleanFacts(facts, clean) : facts,
    notes: notes.map(clean),
  }
}

/** A cache by list: devices with the same capabilities share one list, and most have the same password. */
const cleaned = new WeakMap<readonly string[], { pattern: RegExp; names: readonly string[] }>()

function cleanNames(names: readonly string[], pattern: RegExp, clean: Clean): readonly string[] {
  const known = cleaned.get(names)
  if (known?.pattern === pattern) return known.names
  const without = names.map(clean)
  const result = without.every((name, index) => name === names[index]) ? names : without
  cleaned.set(names, { pattern, names: result })
  return result
}

function cleanFacts(
  facts: NonNullable<ProbeReport['facts']>,
  clean: Clean,
): NonNullable<ProbeReport['facts']> {
  return {
    hostname: facts.hostname && clean(facts.hostname),
    vendor: facts.vendor && clean(facts.vendor),
    model: facts.model && clean(facts.model),
    osVersion: facts.osVersion && clean(facts.osVersion),
    serialNumber: facts.serialNumber && clean(facts.serialNumber),
    readFrom: facts.readFrom,
  }
}
