import { parseYaml } from '../base/yaml.ts'
import type { Inventory } from '../inventory/record.ts'
import { readDocument } from './document.ts'
import type { FormatOptions } from './read-options.ts'
import { sourceFailure } from './source-failure.ts'
import { wholeText } from './texts.ts'

/** Reads one YAML document: a list of records, or the hierarchy. */
export async function readYaml(texts: AsyncIterable<string>, options: FormatOptions): Promise<Inventory> {
  const text = await wholeText(texts, options)
  if (text.trim() === '')
    throw sourceFailure(options.subject, 'is empty; an inventory without devices is [].')
  const parsed = parseYaml(text, { scalars: 'text' })
  if ('problem' in parsed) throw sourceFailure(options.subject, parsed.problem)
  return readDocument(parsed.value, options)
}
