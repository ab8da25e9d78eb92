import {
  type GraphQLField,
  type GraphQLObjectType,
  type GraphQLSchema,
  getNamedType,
  isAbstractType,
  isLeafType,
  isObjectType,
} from 'graphql'

type Field = GraphQLField<unknown, unknown>

/** A field, and the fields that lead to its parents from objects that have an id, or from the root of all queries. */
export interface Edge {
  /** `Device.probes.totalCount` */
  name: string
  /** The type that has the last field, and the field: `ProbeConnection.totalCount` */
  field: string
  from: string
  fields: readonly Field[]
  /** What there must be children of, for the edge to be one. */
  isComposite: boolean
}

/** The types whose objects have an id. */
export function nodeTypes(schema: GraphQLSchema): GraphQLObjectType[] {
  const node = schema.getType('Node')
  if (!isAbstractType(node)) throw new Error('The schema has no Node.')
  return [...schema.getPossibleTypes(node)]
}

/** Every field of this type, and of the types without an id of their own that its fields lead to. */
export function edgesOf(schema: GraphQLSchema, type: GraphQLObjectType): Edge[] {
  const nodes = new Set(nodeTypes(schema).map(({ name }) => name))
  const walk = (parent: GraphQLObjectType, way: readonly Field[]): Edge[] =>
    Object.values(parent.getFields()).flatMap((field) => {
      const fields = [...way, field]
      const target = getNamedType(field.type)
      const edge: Edge = {
        name: [type.name, ...fields.map(({ name }) => name)].join('.'),
        field: `${parent.name}.${field.name}`,
        from: type.name,
        fields,
        isComposite: !isLeafType(target),
      }
      const goesOn = isObjectType(target) && !nodes.has(target.name)
      return goesOn ? [edge, ...walk(target, fields)] : [edge]
    })
  return walk(type, [])
}

/** `Type.field` of this object type and of all that it leads to. */
export function fieldsFrom(schema: GraphQLSchema, type: GraphQLObjectType): string[] {
  const seen = new Set<GraphQLObjectType>()
  const visit = (visited: GraphQLObjectType): void => {
    if (seen.has(visited)) return
    seen.add(visited)
    for (const field of Object.values(visited.getFields())) {
      const target = getNamedType(field.type)
      if (isObjectType(target)) visit(target)
      else if (isAbstractType(target)) for (const each of schema.getPossibleTypes(target)) visit(each)
    }
  }
  visit(type)
  return [...seen].flatMap(ownFields)
}

export function ownFields(type: GraphQLObjectType): string[] {
  return Object.keys(type.getFields()).map((field) => `${type.name}.${field}`)
}

/** All fields of a type that need no argument, and so on, to a depth; at its end what is behind a field is left out. */
export function everythingOf(type: GraphQLObjectType, depth: number): string {
  const fields = Object.values(type.getFields()).flatMap(({ name, type: returned }) => {
    const target = getNamedType(returned)
    if (isLeafType(target)) return name
    return depth > 1 && isObjectType(target) ? `${name} ${everythingOf(target, depth - 1)}` : []
  })
  return `{ __typename ${fields.join(' ')} }`
}

/** What is asked for together: each edge that leads to objects by itself, and the plain values of one parent. */
export function groupsOf(edges: readonly Edge[]): Edge[][] {
  const nameOf = ({ name, isComposite }: Edge) => (isComposite ? name : name.replace(/\w+$/, '*'))
  return [...Map.groupBy(edges, nameOf).values()]
}

/**
 * Asks for the edges of a group from one parent, each field in all the ways in which its arguments are given, side by side
 * under the aliases `name_0`, `name_1` and so on.
 *
 * @param waysOf the ways to give a field's arguments, each with its parentheses; empty for none
 */
export function selectionOf(group: readonly Edge[], waysOf: (field: Field) => readonly string[]): string {
  const ask = (field: Field, below: string) =>
    waysOf(field)
      .map((way, index) => `${field.name}_${index}: ${field.name}${way} ${below}`)
      .join(' ')
  const last = group.flatMap(({ fields }) => fields.slice(-1)).map((field) => ask(field, leafOf(field)))
  const way = group[0]?.fields.slice(0, -1) ?? []
  return way.reduceRight((below, field) => `{ ${ask(field, below)} }`, `{ ${last.join(' ')} }`)
}

function leafOf({ type }: Field): string {
  const target = getNamedType(type)
  if (isLeafType(target)) return ''
  return isObjectType(target) && !target.getFields().id ? '{ __typename }' : '{ id }'
}

/** What an answer has, all the way from these objects: the parents of the last field, and its values. Of other ways: the first. */
export function reached(edge: Edge, answers: readonly unknown[]): { parents: unknown[]; values: unknown[] } {
  let parents: unknown[] = []
  let values = [...answers]
  for (const { name } of edge.fields) {
    parents = values
    values = values
      .flatMap((parent) => (parent as Record<string, unknown>)[`${name}_0`])
      .filter((value) => value !== null)
  }
  return { parents, values }
}
