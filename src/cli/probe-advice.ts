import type { ProbeOutcome } from '../netconf/outcome/outcome.ts'
import type { ProbeReport } from '../netconf/report/probe-report.ts'

/** The host and port as the person gave them. */
export interface ProbedPlace {
  /** A name or an address; an IPv6 address in brackets. */
  host: string
  port: number
}

/** The usual ports of NETCONF over SSH: the standard one (RFC 6242 section 6), and that of SSH itself. */
const USUAL_PORTS = [830, 22]

/**
 * The step that a person should try next, by the outcome of the probe; null if there is nothing to correct.
 * `otherPort` is the advice to try another port.
 */
const ADVICE: Readonly<Record<ProbeOutcome, string | ((otherPort: string) => string) | null>> = {
  SUPPORTED: null,
  MISSING_CAPABILITIES:
    'Enable the missing modules or features on the device, ' +
    'or require less of devices like it (`probe.requiredCapabilities`).',
  NO_NETCONF: (otherPort) =>
    `Enable NETCONF over SSH on the device; some serve it on another port only, so ${otherPort} as well.`,
  DNS_FAILED:
    'Correct the name, or give the address instead. ' +
    'A name of the inventory is looked up in the database of the configuration (--config).',
  CONNECTION_REFUSED: (otherPort) => `Check that NETCONF over SSH is on, and on which port: ${otherPort}.`,
  UNREACHABLE: 'Check the route and the firewalls between here and the device.',
  SSH_FAILED: '`ssh -vv` to the same port shows what the device offers; its SSH log may say more.',
  HOST_KEY_CHANGED:
    'Find out why the key changed before anything else; ' +
    'if the device was replaced or reset, trust the new one (`trustHostKey`).',
  AUTH_FAILED: 'Log in by hand with the same user and secret; look for a lock-out or an expired password.',
  PROTOCOL_ERROR: 'Look in the log of the device; a newer software version may do better.',
  CONNECTION_LOST: 'Try again; if it stays, look in the log of the device for the reason.',
  TIMEOUT: 'Try a longer --timeout; if it stays, the phase tells which part of the device does not answer.',
  CANCELLED: null,
  SKIPPED: null,
}

export function adviceFor(report: ProbeReport, place: ProbedPlace): string | null {
  const { outcome, phase, peer, notSsh } = report
  const otherPort = tryOtherPort(place)
  // HTTP, TLS and the like: no setting of the probe helps.
  if (notSsh) return `Find the port of NETCONF over SSH: ${otherPort}.`
  const isUnidentified = phase === 'KEY_EXCHANGE' && peer.identification === null
  if (outcome === 'TIMEOUT' && isUnidentified) {
    return `Check that the port is that of NETCONF over SSH: ${otherPort}. If it is, try a longer --timeout.`
  }
  // The port is open: something listens there and turned the client away.
  if (outcome === 'CONNECTION_REFUSED' && phase !== 'CONNECT') {
    return (
      'Try again in a minute; if it stays, check the port, ' +
      'and how many may connect to the SSH server of the device, and from where.'
    )
  }
  const hasSaid = peer.said.noise !== null || peer.said.stderr !== null
  if (outcome === 'PROTOCOL_ERROR' && hasSaid) {
    return 'Look at what the device sent (above); its log or a newer software version may know more.'
  }
  const advice = ADVICE[outcome]
  return typeof advice === 'function' ? advice(otherPort) : advice
}

function tryOtherPort({ host, port }: ProbedPlace): string {
  const others = USUAL_PORTS.filter((usual) => usual !== port).map((usual) => `${host}:${usual}`)
  return `try ${others.join(' or ')}`
}
