import type { ProbeOutcome } from '../netconf/protocol/outcome.ts'
import type { ProbeReport } from '../netconf/report/probe-report.ts'

/** The step that a person should try next, by the outcome of the probe; null if there is nothing to correct. */
const ADVICE: Readonly<Record<ProbeOutcome, string | null>> = {
  SUPPORTED: null,
  MISSING_CAPABILITIES:
    'Enable the missing modules or features on the device, or require less of devices like it (`probe.requiredCapabilities`).',
  NO_NETCONF: 'Enable NETCONF over SSH on the device; some serve it on port 22 only, so try HOST:22 as well.',
  DNS_FAILED: 'Correct the name in the inventory, or give the address instead.',
  CONNECTION_REFUSED:
    'Check that NETCONF over SSH is on, and on which port: 830 is the standard one, 22 is common.',
  UNREACHABLE: 'Check the route and the firewalls between here and the device.',
  SSH_FAILED: '`ssh -vv` to the same port shows what the device offers; its SSH log may say more.',
  HOST_KEY_CHANGED:
    'Find out why the key changed before anything else; if the device was replaced or reset, trust the new one (`trustHostKey`).',
  AUTH_FAILED: 'Log in by hand with the same user and secret; look for a lock-out or an expired password.',
  PROTOCOL_ERROR: 'Look in the log of the device; a newer software version may do better.',
  CONNECTION_LOST: 'Try again; if it stays, look in the log of the device for the reason.',
  TIMEOUT: 'Try a longer --timeout; if it stays, the phase tells which part of the device does not answer.',
  CANCELLED: null,
  SKIPPED: null,
}

export function adviceFor({ outcome, phase, peer }: ProbeReport): string | null {
  // The port is open: something listens there and turned the client away.
  if (outcome === 'CONNECTION_REFUSED' && phase !== 'CONNECT') {
    return 'Try again in a minute; if it stays, check the port, and how many may connect to the SSH server of the device, and from where.'
  }
  const hasSaid = peer.said.noise !== null || peer.said.stderr !== null
  if (outcome === 'PROTOCOL_ERROR' && hasSaid) {
    return 'Look at what the device sent (above); its log or a newer software version may know more.'
  }
  return ADVICE[outcome]
}
