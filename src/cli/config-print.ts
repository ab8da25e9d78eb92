import { Command } from 'commander'
import { Document, isCollection, isMap, isScalar, isSeq, type Node } from 'yaml'
import { type EffectiveConfig, effectiveConfig } from '../config/effective-config.ts'
import { configFile, type ValueOrigin } from '../config/load.ts'
import { CONFIG_OPTION } from './options.ts'
import { print, printJson } from './output.ts'

/** Stands between a value and its origin, until all origins are put below each other. */
const MARK = '\u{e000}'
/** The widest value that the origins of the others are moved for. */
const MAX_ALIGNED = 60

interface PrintedValue {
  path: string
  value: unknown
  origin: ValueOrigin
}

export const command = new Command('print')
  .description(
    'Prints the configuration in force as YAML, with the origin of each value: the file with its line, an ' +
      'environment variable, or the default. Secrets are not shown, only where they are kept.',
  )
  .option(...CONFIG_OPTION)
  .option('--json', 'print the values as JSON: a list of paths, each with its value and origin')
  .addHelpText('after', '\nExample:\n  rollcall config print --config /etc/rollcall.yaml')
  .action(({ config: file, json }: { config?: string; json?: boolean }) => {
    const env = process.env
    const effective = effectiveConfig({ file, env })
    if (json) {
      printJson({ file: effective.file && configFile({ file, env }), values: valuesOf(effective) })
    } else {
      print(`${heading(effective, { file, env })}\n\n${asYaml(effective)}`)
    }
  })

function heading(
  { file: found }: EffectiveConfig,
  { file, env }: { file: string | undefined; env: NodeJS.ProcessEnv },
): string {
  const path = configFile({ file, env })
  if (found === null) return `# There is no file ${path}.`
  const namedBy = file ? '--config' : env.ROLLCALL_CONFIG ? 'ROLLCALL_CONFIG' : 'the default'
  return `# The file is ${path}, named by ${namedBy}.`
}

function asYaml({ values, originOf }: EffectiveConfig): string {
  const document = new Document(values)
  annotate(document.contents, [], (path) => describeOrigin(originOf(path)))
  const lines = document
    .toString({ lineWidth: 0, commentString: (text) => ` ${text}` })
    .trimEnd()
    .split('\n')
    .map((line) => line.split(MARK))
  const widths = lines.map(([value = '', origin]) => (origin === undefined ? 0 : value.trimEnd().length))
  const column = Math.max(0, ...widths.filter((width) => width <= MAX_ALIGNED))
  return lines
    .map(([value = '', origin]) =>
      origin === undefined ? value : `${value.trimEnd().padEnd(column)}  # ${origin}`,
    )
    .join('\n')
}

/** Adds the origin to each value that stands on a line, which a list of single values does as a whole. */
function annotate(
  node: Node | null,
  path: (string | number)[],
  origin: (path: (string | number)[]) => string,
): void {
  if (isMap(node) && node.items.length > 0) {
    for (const { key, value } of node.items) {
      annotate(value as Node | null, [...path, String(isScalar(key) ? key.value : key)], origin)
    }
  } else if (isSeq(node) && node.items.some(isCollection)) {
    for (const [index, item] of node.items.entries()) annotate(item as Node, [...path, index], origin)
  } else if (node !== null) {
    if (isCollection(node)) node.flow = true
    node.comment = MARK + origin(path)
  }
}

function describeOrigin(origin: ValueOrigin): string {
  switch (origin.kind) {
    case 'default':
      return 'default'
    case 'environment':
      return origin.variable
    case 'file':
      return origin.line === null ? origin.file : `${origin.file}:${origin.line}`
  }
}

function valuesOf({ values, originOf }: EffectiveConfig): PrintedValue[] {
  const found: PrintedValue[] = []
  const visit = (value: unknown, path: (string | number)[], name: string) => {
    if (Array.isArray(value) && value.some((item) => typeof item === 'object')) {
      for (const [index, item] of value.entries()) visit(item, [...path, index], `${name}[${index}]`)
    } else if (typeof value === 'object' && value !== null && !Array.isArray(value)) {
      for (const [key, inner] of Object.entries(value)) {
        visit(inner, [...path, key], name === '' ? key : `${name}.${key}`)
      }
    } else {
      found.push({ path: name, value, origin: originOf(path) })
    }
  }
  visit(values, [], '')
  return found
}
