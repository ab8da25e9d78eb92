import { isIPv4 } from 'node:net'
import { z } from 'zod'
import { parseDuration } from '../base/durations.ts'
import { isMapping } from './layers.ts'

/*
 * The kinds of values in the configuration. An error message completes the sentence `"KEY" must be …`; that
 * of an issue with `params.predicate` completes `"KEY" …`. `problems.ts` makes the sentences. The metadata
 * `values` names the kind of value in the table of docs/configuration.md. The other metadata is for the JSON
 * Schema, which editors use.
 */

/** Node.js fires a timer of more than 2^31 - 1 ms (about 24.8 days) at once. */
const LONGEST = '24d'

export function wholeNumber(least: number, most: number) {
  const error = `a whole number from ${least} to ${most}`
  return z
    .number(error)
    .refine((value) => Number.isInteger(value) && value >= least && value <= most, { error })
    .meta({ values: `${least} to ${most}`, type: 'integer', minimum: least, maximum: most })
}

/**
 * A duration with its unit; milliseconds once parsed. More than 24 days suit only what no timer waits for.
 */
export function duration(least: string, most = LONGEST, examples = '500ms, 10s or 2h') {
  const leastMs = parseDuration(least) ?? 0
  const mostMs = parseDuration(most) ?? 0
  return z
    .union([z.string(), z.literal(0)], `a duration such as ${examples}`)
    .transform((given, context) => {
      const durationMs = parseDuration(String(given))
      if (durationMs !== null && durationMs >= leastMs && durationMs <= mostMs) return durationMs
      return unusable(context, given, `a duration from ${least} to ${most}, such as ${examples}`)
    })
    .meta({ values: `duration, ${least} to ${most}`, pattern: '^(0|\\d+(\\.\\d+)?(ms|s|m|h|d))$' })
}

/** `100/s` or `90/m`; per second once parsed. */
export function rate(least: string, most: string) {
  const leastPerSecond = parseRate(least) ?? 0
  const mostPerSecond = parseRate(most) ?? 0
  return z
    .string('a rate such as 100/s or 90/m')
    .transform((given, context) => {
      const perSecond = parseRate(given)
      if (perSecond !== null && perSecond >= leastPerSecond && perSecond <= mostPerSecond) return perSecond
      return unusable(context, given, `a rate from ${least} to ${most}, such as 100/s or 90/m`)
    })
    .meta({ values: `rate, ${least} to ${most}`, pattern: '^\\d+(\\.\\d+)?/(s|m)$' })
}

/** `10%`; a fraction of 1 once parsed. */
export function percentage() {
  const message = 'a percentage from 0% to 100%, such as 10%'
  return z
    .string(message)
    .transform((given, context) => {
      const percent = Number(/^(\d{1,3}(?:\.\d{1,6})?)%$/.exec(given)?.[1] ?? Number.NaN)
      return percent >= 0 && percent <= 100 ? percent / 100 : unusable(context, given, message)
    })
    .meta({ values: '0% to 100%', pattern: '^\\d{1,3}(\\.\\d{1,6})?%$' })
}

/** A whole number or `auto`. The environment can give either as text only. */
export function countOrAuto(least: number, most: number) {
  const message = `auto or a whole number from ${least} to ${most}`
  return z
    .union([z.string(), z.number()], message)
    .transform((given, context): number | 'auto' => {
      if (given === 'auto') return given
      const count = /^\d+$/.test(String(given)) ? Number(given) : Number.NaN
      return count >= least && count <= most ? count : unusable(context, given, message)
    })
    .meta({
      values: `\`auto\`, ${least} to ${most}`,
      pattern: '^(auto|\\d+)$',
      minimum: least,
      maximum: most,
    })
}

export const trueOrFalse = z.boolean('true or false').meta({ values: '`true`, `false`' })

/** `auto`, true or false. The environment can give either as text only. */
export function trueFalseOrAuto() {
  const message = 'auto, true or false'
  return z
    .union([z.string(), z.boolean()], message)
    .transform((given, context): boolean | 'auto' => {
      if (given === 'auto' || typeof given === 'boolean') return given
      if (given === 'true' || given === 'false') return given === 'true'
      return unusable(context, given, message)
    })
    .meta({ values: '`auto`, `true`, `false`', pattern: '^(auto|true|false)$' })
}

export function oneOf<const Value extends string>(values: readonly Value[]) {
  return z
    .enum(values, `one of ${values.join(', ')}`)
    .meta({ values: values.map((value) => `\`${value}\``).join(', ') })
}

export function text(error: string) {
  return z
    .string(error)
    .refine((value) => value.trim() !== '' && !/\p{Cc}/u.test(value), { error })
    .meta({ values: 'text' })
}

export const path = text('the path of a file').meta({ values: 'path' })

export const variable = z
  .string('the name of an environment variable')
  .regex(/^[A-Za-z_][A-Za-z0-9_]*$/, 'the name of an environment variable')
  .meta({ values: 'name of a variable' })

/** An object of these keys and no others. */
export function mapping<Shape extends z.core.$ZodLooseShape>(shape: Shape) {
  return z.strictObject(shape, {
    error: (issue) => (issue.code === 'invalid_type' ? 'a mapping of keys to values' : undefined),
  })
}

export function list<Item extends z.ZodType>(item: Item) {
  return z.array(item, 'a list')
}

/** A list whose items each have a name of their own. */
export function namedList<Item extends z.ZodType<{ name: string }>>(item: Item) {
  return list(item).superRefine(
    (items, context) => {
      // An item may be unsound, and the value no list at all.
      const names: unknown[] = Array.isArray(items) ? items.map((each: unknown) => nameOf(each)) : []
      for (const [index, name] of names.entries()) {
        const first = names.indexOf(name)
        if (typeof name !== 'string' || first === index) continue
        const place = `number ${first + 1} of the list`
        refuse(
          context,
          [index, 'name'],
          `is ${JSON.stringify(name)}, which ${place} is named already; choose another`,
        )
      }
    },
    { when: () => true },
  )
}

function nameOf(item: unknown): unknown {
  return isMapping(item) ? item.name : undefined
}

/**
 * The URL of a server that must prove who it is: HTTPS, or HTTP to this machine only.
 *
 * @param loginProblem says what to do about a login in the URL
 */
export function urlOfServer(loginProblem: string) {
  const example = 'the https:// URL of a server'
  return z
    .string(example)
    .transform((given, context): string => {
      const url = URL.canParse(given) ? new URL(given) : null
      if (url?.protocol !== 'https:' && url?.protocol !== 'http:') return unusable(context, given, example)
      if (url.username !== '' || url.password !== '') return unusable(context, given, loginProblem, true)
      if (url.protocol === 'http:' && !isLoopbackHost(url.hostname.replace(/^\[|\]$/g, ''))) {
        const problem = 'is not encrypted, which only a server on this machine may be; use https://'
        return unusable(context, given, problem, true)
      }
      url.hash = ''
      return url.href
    })
    .meta({ values: 'URL' })
}

/** Whether a host, an address or a name without brackets, can be reached from its own machine only. */
export function isLoopbackHost(host: string): boolean {
  return host === 'localhost' || host === '::1' || (isIPv4(host) && host.startsWith('127.'))
}

/**
 * Adds a check of several keys of a mapping together. It runs as soon as these keys are sound, whatever is
 * wrong with the others, so that all problems are reported at once. It may read no other key.
 *
 * @param keys such as `auth` or `server.host`
 */
export function together<Schema extends z.ZodType>(
  schema: Schema,
  keys: readonly string[],
  check: (value: z.output<Schema>, context: z.core.$RefinementCtx<z.output<Schema>>) => void,
): Schema {
  const paths = keys.map((key) => key.split('.'))
  return schema.superRefine(
    (value, context) => {
      const isUnsound = context.issues.some(
        (issue) => !leavesValues(issue) && paths.some((path) => concerns(issue.path ?? [], path)),
      )
      if (isMapping(value) && !isUnsound) check(value, context)
    },
    { when: () => true },
  )
}

/** Whether an issue leaves the values of known keys sound: an unknown key does, and what `refuse` reports. */
function leavesValues(issue: z.core.$ZodRawIssue): boolean {
  if (issue.code === 'unrecognized_keys') return true
  return issue.code === 'custom' && issue.continue === true && issue.params?.predicate === true
}

/** Whether one path is the beginning of the other. */
function concerns(one: readonly PropertyKey[], other: readonly PropertyKey[]): boolean {
  return one.every((key, index) => index >= other.length || key === other[index])
}

/**
 * Reports a problem of several keys together; `message` is the predicate of a sentence about the key at
 * `path`.
 */
export function refuse(context: z.core.$RefinementCtx, path: PropertyKey[], message: string): void {
  context.addIssue({ code: 'custom', path, message, params: { predicate: true } })
}

/** Ends a transformation: the value cannot be used. If `predicate`, the message is one as for `refuse`. */
export function unusable(
  context: z.core.ParsePayload,
  input: unknown,
  message: string,
  predicate = false,
): never {
  context.issues.push({ code: 'custom', message, input, params: { predicate } })
  return z.NEVER
}

const SECONDS: Readonly<Record<string, number>> = { s: 1, m: 60 }

/** Parses a rate such as `100/s` or `90/m` into times per second. Returns null if the text is not a rate. */
export function parseRate(text: string): number | null {
  const match = /^(\d{1,12}(?:\.\d{1,12})?)\/(s|m)$/.exec(text)
  const seconds = SECONDS[match?.[2] ?? '']
  if (!match || seconds === undefined) return null
  return Number(match[1]) / seconds
}
