import { messageOf, RollcallError } from '../base/errors.ts'
import type { Logger } from '../base/log.ts'
import { type ConfigChanges, compareConfigs, followed } from '../config/changes.ts'
import type { LoadedConfig } from '../config/load.ts'
import type { Config } from '../config/schema.ts'

/** What came of reading the configuration again. With problems, nothing was changed. */
export interface ReloadResult extends ConfigChanges {
  /** A sentence for each problem. */
  problems: string[]
}

export interface ReloadOptions {
  /** The configuration that the process was started with. */
  loaded: LoadedConfig
  load: () => LoadedConfig
  /** The sections that the process uses. Default: all. */
  sections?: readonly string[]
  log: Logger
}

/** Reads the configuration of a running process again whenever that is asked for. */
export class Reloads {
  readonly #options: ReloadOptions
  #loaded: LoadedConfig
  #apply: ((config: Config) => void) | undefined
  #onResult: (result: ReloadResult) => void = () => undefined
  #isDue = false

  constructor(options: ReloadOptions) {
    this.#options = options
    this.#loaded = options.loaded
  }

  /**
   * Gives the changes to the process from now on, also those that were asked for while it started.
   *
   * @param apply takes over what may change
   */
  begin(apply: (config: Config) => void, onResult: (result: ReloadResult) => void = () => undefined): void {
    this.#apply = apply
    this.#onResult = onResult
    if (this.#isDue) this.reload()
  }

  /** Follows nothing any more, because the process ends: its parts are closed one after the other. */
  end(): void {
    this.#apply = undefined
  }

  reload(): void {
    this.#isDue = this.#apply === undefined
    if (this.#apply === undefined) return
    const result = this.#reload(this.#apply)
    const { changed, needRestart, problems } = result
    const { log } = this.#options
    if (problems.length > 0) {
      log.error(
        { event: 'config.not_reloaded', problems },
        'the configuration is wrong, so nothing was changed',
      )
    } else {
      log.info({ event: 'config.reloaded', changed, needRestart }, 'configuration reloaded')
    }
    this.#onResult(result)
  }

  #reload(apply: (config: Config) => void): ReloadResult {
    const { load, sections, log } = this.#options
    try {
      const after = load()
      // A missing file counts as one without keys. Followed, it would remove all sources and credentials.
      if (this.#loaded.file !== null && after.file === null) {
        throw new RollcallError(
          'CONFIG_INVALID',
          `The configuration file ${this.#loaded.file} is missing or empty, and was not before; ` +
            'put its content back, or restart without it.',
        )
      }
      const changes = compareConfigs(this.#loaded, after, sections)
      if (changes.changed.length > 0) apply(after.config)
      this.#loaded = followed(this.#loaded, after)
      return { ...changes, problems: [] }
    } catch (failure) {
      // A bug must not end a gateway that works.
      if (!(failure instanceof RollcallError))
        log.error({ event: 'config.not_reloaded', err: failure }, 'bug')
      return { changed: [], needRestart: [], problems: messageOf(failure).split('\n') }
    }
  }
}
