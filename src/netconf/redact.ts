import type { ProbeCredential, ProbeReport } from './probe-report.ts'

/** Shorter ones stand in many a word. */
const MIN_SECRET_LENGTH = 4
/** Capabilities and facts are names that others compare, so that only what can hardly be part of one is taken out. */
const MIN_SECRET_LENGTH_IN_NAMES = 8
const INSTEAD = '[secret]'

/** Takes the password out of everything that the peer said: it knows it once it was sent it, and may say it back. */
export function redact(report: ProbeReport, { password = '' }: ProbeCredential): ProbeReport {
  if (password.length < MIN_SECRET_LENGTH) return report
  const forms = formsOf(password)
  const { message, capabilities, facts, peer, notes } = report
  const inNames = password.length >= MIN_SECRET_LENGTH_IN_NAMES
  const told = inNames ? Object.values(facts ?? {}) : []
  const said = [message, peer.identification, ...Object.values(peer.said), ...told, ...notes]
  const names = inNames ? capabilities && cleanNames(capabilities, password) : capabilities
  // The rule, and it costs a probe next to nothing.
  if (names === capabilities && !forms.some((form) => said.some((text) => mayHold(text, form)))) return report
  const clean = (text: string) => forms.reduce(withoutSecret, text)
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

/** The password as it may stand in a message: what the peer says is read as Latin-1 in places, its white space folded. */
function formsOf(password: string): string[] {
  const forms = [password, Buffer.from(password).toString('latin1')]
  return [...new Set([...forms, ...forms.map((form) => form.replace(/\s+/g, ' '))])]
}

function mayHold(text: string | null, secret: string): boolean {
  return text?.includes(secret.slice(0, MIN_SECRET_LENGTH)) ?? false
}

/** Also takes out the beginning of the secret where an excerpt was cut off in its midst. */
function withoutSecret(said: string, secret: string): string {
  if (!mayHold(said, secret)) return said
  let text = said.replaceAll(secret, INSTEAD)
  for (let length = secret.length - 1; length >= MIN_SECRET_LENGTH; length -= 1) {
    text = text.replaceAll(`${secret.slice(0, length)}…`, `${INSTEAD}…`)
  }
  return text
}

function cleanNames(names: readonly string[], password: string): readonly string[] {
  if (!names.some((name) => name.includes(password))) return names
  return names.map((name) => name.replaceAll(password, INSTEAD))
}

function cleanFacts(
  facts: NonNullable<ProbeReport['facts']>,
  clean: (said: string) => string,
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
