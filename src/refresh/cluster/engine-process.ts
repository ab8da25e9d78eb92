import type { Config } from '../../config/schema.ts'
import type { InventorySource } from '../../sources/source.ts'
import { EngineCandidate, type EngineCandidateOptions, type EngineWork } from './engine-candidate.ts'
import { type EngineWorkOptions, startEngineWork } from './engine-work.ts'

export interface EngineProcessOptions
  extends Pick<EngineCandidateOptions, 'shared' | 'name' | 'onChange'>,
    Omit<EngineWorkOptions, 'config' | 'sources'> {
  /** Returns the present configuration, whose object is another one after a change. */
  config: () => Config
  sourcesOf: (config: Config) => readonly InventorySource[]
}

/**
 * Takes part in the election of the engine, and works as it with the present configuration.
 *
 * @returns the candidate, and what to call when the configuration has changed
 */
export async function startEngineProcess({
  shared,
  name,
  onChange,
  sourcesOf,
  ...options
}: EngineProcessOptions): Promise<{ engine: EngineCandidate; followConfig: () => void }> {
  let work: EngineWork | undefined
  const followConfig = () => {
    const config = options.config()
    work?.change(config, sourcesOf(config))
  }
  const engine = await EngineCandidate.start({
    shared,
    name,
    onChange,
    clock: options.clock,
    log: options.log,
    startWork: async (term) => {
      const config = options.config()
      work = await startEngineWork({ ...options, config, sources: sourcesOf(config) }, term)
      // It may have changed meanwhile.
      if (config !== options.config()) followConfig()
      return work
    },
  })
  return { engine, followConfig }
}
