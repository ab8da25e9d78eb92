import { hasNamespace } from '../protocol/capabilities.ts'
import type { Session } from '../protocol/session.ts'
import type { DeviceFacts } from '../report/probe-report.ts'
import { FACT_SOURCES, type FactSource, type PartialFacts } from './fact-sources.ts'

/** Caches the sources by list, since devices with the same capabilities share one list. */
const knownSources = new WeakMap<readonly string[], FactSource[]>()

/** Returns the modules among `capabilities` that provide facts, the most specific first. */
function sourcesIn(capabilities: readonly string[]): FactSource[] {
  let sources = knownSources.get(capabilities)
  if (sources === undefined) {
    sources = FACT_SOURCES.filter(({ namespace }) => capabilities.some((uri) => hasNamespace(uri, namespace)))
    knownSources.set(capabilities, sources)
  }
  return sources
}

/** Returns whether any module among `capabilities` provides facts. */
export function hasFactSource(capabilities: readonly string[]): boolean {
  return sourcesIn(capabilities).length > 0
}

/**
 * Reads the facts of a device: requests each module of `capabilities` that provides facts, until one returns
 * any. Resolves with null if none does, and adds the reason to `notes`. If the device never answers, the
 * promise stays pending.
 */
export async function readFacts(
  session: Session,
  capabilities: readonly string[],
  notes: string[],
): Promise<DeviceFacts | null> {
  for (const source of sourcesIn(capabilities)) {
    const result = await session.rpc(source.operation)
    if ('lost' in result) {
      notes.push(
        `The session ended when the device was asked for the facts of ${source.module}: ${result.lost}`,
      )
      return null
    }
    if ('refusal' in result) {
      notes.push(`The device refused to tell the facts of ${source.module} (${result.refusal}).`)
      continue
    }
    const facts = complete(source.module, source.read(result.reply))
    if (facts !== null) return facts
    notes.push(`The device offers ${source.module} and told no facts by it.`)
  }
  return null
}

/**
 * Completes the facts of a module; null if it provides none. The vendor does not count: it follows from the
 * module.
 */
function complete(readFrom: string, told: PartialFacts): DeviceFacts | null {
  const { hostname = null, vendor = null, model = null, osVersion = null, serialNumber = null } = told
  if (hostname === null && model === null && osVersion === null && serialNumber === null) return null
  return { hostname, vendor, model, osVersion, serialNumber, readFrom }
}
