import type { ProbeOutcome } from '../netconf/outcome/outcome.ts'
import type { ProbeReport } from '../netconf/report/probe-report.ts'

/**
 * The origin of the port of a probe: the command, the inventory, `probe.port` for devices whose inventory
 * names none, or the standard.
 */
export type PortOrigin = 'command' | 'inventory' | 'configuration' | 'standard'

/** The device that was probed, in the terms of the person who asked. */
export interface ProbedPlace {
  /** A name or an address; an IPv6 address in brackets. */
  host: string
  port: number
  portFrom: PortOrigin
  /** The port that a refresh asks; null for a host that is not in the inventory. */
  refreshPort: number | null
}

/** The usual ports of NETCONF over SSH: the standard one (RFC 6242 section 6), and that of SSH itself. */
const USUAL_PORTS = [830, 22]

/** Why a port was asked that the command does not name. */
const PORT_ORIGINS: Readonly<Record<PortOrigin, (port: number) => string>> = {
  command: () => '',
  inventory: (port) => `Port ${port} is from the inventory. `,
  configuration: (port) =>
    `Port ${port} is that of devices for which the inventory has no port (\`probe.port\`). `,
  standard: (port) => `Port ${port} was asked because the command names none. `,
}

/**
 * The step that a person should try next, by the outcome of the probe; null if there is nothing to correct.
 * `port` is the advice on how to find the port.
 */
const ADVICE: Readonly<
  Record<ProbeOutcome, string | ((port: string, place: ProbedPlace) => string | null) | null>
> = {
  SUPPORTED: (_port, { port, refreshPort }) =>
    refreshPort === null || refreshPort === port
      ? null
      : `Give the device port ${port} in its inventory, because a refresh asks port ${refreshPort}.`,
  MISSING_CAPABILITIES:
    'Enable the missing modules or features on the device, ' +
    'or require less of devices like it (`probe.requiredCapabilities`).',
  NO_NETCONF: (port) =>
    `Enable NETCONF over SSH on the device. Some devices serve it on another port only: ${port}.`,
  DNS_FAILED:
    'Correct the name, or give the address instead. ' +
    'A name of the inventory is looked up in the database of the configuration (--config).',
  CONNECTION_REFUSED: (port, place) =>
    PORT_ORIGINS[place.portFrom](place.port) +
    `Check that NETCONF over SSH is on, and on which port: ${port}.`,
  UNREACHABLE: 'Check the route and the firewalls between here and the device.',
  SSH_FAILED: '`ssh -vv` to the same port shows what the device offers; its SSH log may say more.',
  HOST_KEY_CHANGED:
    'Find out why the key changed before anything else; ' +
    'if the device was replaced or reset, trust the new one (`rollcall trust`).',
  AUTH_FAILED: 'Log in by hand with the same user and secret; look for a lock-out or an expired password.',
  PROTOCOL_ERROR: 'Look in the log of the device; a newer software version may do better.',
  CONNECTION_LOST: 'Try again; if it stays, look in the log of the device for the reason.',
  TIMEOUT: 'Try a longer --timeout; if it stays, the phase tells which part of the device does not answer.',
  CANCELLED: null,
  SKIPPED: null,
}

export function adviceFor(report: ProbeReport, place: ProbedPlace): string | null {
  const { outcome, phase, peer, notSsh } = report
  const port = portAdvice(place)
  // HTTP, TLS and the like: no setting of the probe helps.
  if (notSsh) return `Find the port of NETCONF over SSH: ${port}.`
  const isUnidentified = phase === 'KEY_EXCHANGE' && peer.identification === null
  if (outcome === 'TIMEOUT' && isUnidentified) {
    return `Check that the port is that of NETCONF over SSH: ${port}. If it is, try a longer --timeout.`
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
  return typeof advice === 'function' ? advice(port, place) : advice
}

/** A person who has chosen one of the usual ports is not sent to the other one, and back from there. */
function portAdvice({ host, port, portFrom }: ProbedPlace): string {
  if (portFrom === 'command' && USUAL_PORTS.includes(port))
    return 'look on the device; the standard port is 830, and some devices use 22'
  const others = USUAL_PORTS.filter((usual) => usual !== port).map((usual) => `${host}:${usual}`)
  return `try ${others.join(' or ')}`
}
