import { readFile } from 'node:fs/promises'
import { RollcallError } from '../base/errors.ts'
import { fileProblem } from '../base/file-problem.ts'
import { decodeText } from '../base/text.ts'
import { KnownHosts } from '../netconf/ssh/known-hosts.ts'

/** An OpenSSH known-hosts file, which other programs may change at any time. */
export class KnownHostsFile {
  readonly path: string
  #last: { text: string; hosts: KnownHosts } | undefined

  constructor(path: string) {
    this.path = path
  }

  /**
   * Returns the present content of the file.
   *
   * @throws RollcallError CONFIG_INVALID if it cannot be read.
   */
  async read(): Promise<KnownHosts> {
    const text = await readFile(this.path).then(decodeText, (failure: unknown) => {
      throw new RollcallError(
        'CONFIG_INVALID',
        `The known-hosts file ${this.path} ${fileProblem(failure)}; no device was probed, since none of their keys can be checked.`,
        { cause: failure },
      )
    })
    // The same text keeps its object, which remembers the hashed names that it has resolved.
    if (this.#last?.text !== text) this.#last = { text, hosts: new KnownHosts(text) }
    return this.#last.hosts
  }
}
