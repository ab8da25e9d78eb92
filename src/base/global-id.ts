import { RollcallError } from './errors.ts'

/** The types whose objects have an id. */
const NODE_TYPES = ['Country', 'Site', 'Device', 'Probe', 'Refresh', 'SyncPlan', 'Change'] as const
type NodeType = (typeof NODE_TYPES)[number]

const NUMBER = /^[1-9]\d{0,15}$/

/** Makes a global id as Relay defines it. It holds the type and the row's id; to clients it is opaque. */
export function encodeGlobalId(typename: string, id: string | number | bigint): string {
  // Base64 of letters, digits and a colon contains no character that base64url replaces.
  const text = btoa(`${typename}:${id}`)
  const padding = text.indexOf('=')
  return padding === -1 ? text : text.slice(0, padding)
}

/** @throws RollcallError BAD_USER_INPUT if the text is not a global id */
export function decodeGlobalId(globalId: string): { typename: NodeType; id: string } {
  const [name, id, ...rest] = Buffer.from(globalId, 'base64url').toString().split(':')
  const typename = NODE_TYPES.find((type) => type === name)
  if (typename && id && NUMBER.test(id) && rest.length === 0) return { typename, id }
  throw new RollcallError(
    'BAD_USER_INPUT',
    `"${globalId.slice(0, 100)}" is not an id of this API; use the \`id\` that a query gave.`,
  )
}

/**
 * Returns the row's id of a global id of a given type.
 *
 * @throws RollcallError BAD_USER_INPUT if the text is not a global id, or one of another type
 */
export function rowId(expected: NodeType, globalId: string): number {
  const { typename, id } = decodeGlobalId(globalId)
  if (typename === expected) return Number(id)
  throw new RollcallError(
    'BAD_USER_INPUT',
    `"${globalId.slice(0, 100)}" is the id of a ${typename}; the id of a ${expected} is needed here.`,
  )
}
