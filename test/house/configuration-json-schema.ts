import { z } from 'zod'
import { configSchema } from '../../src/config/schema.ts'

export const JSON_SCHEMA_FILE = 'schema/configuration.schema.json'

type JsonSchema = z.core.JSONSchema.JSONSchema

/** The JSON Schema of the configuration, by which editors complete and check a file, as the text of its file. */
export function configurationJsonSchema(): string {
  const { $schema, ...rest } = z.toJSONSchema(configSchema, {
    io: 'input',
    target: 'draft-07',
    unrepresentable: 'any',
    override: ({ zodSchema, jsonSchema }) => {
      delete jsonSchema.values
      // A text may take the place of the mapping that it is made into.
      if (zodSchema instanceof z.ZodPipe && zodSchema.in instanceof z.ZodTransform) {
        const mapping = { ...jsonSchema }
        for (const key of Object.keys(jsonSchema)) delete jsonSchema[key]
        jsonSchema.anyOf = [{ type: 'string' }, mapping]
      }
    },
  })
  const schema = { $schema, title: 'The configuration of Rollcall', ...withEmptyKeys(rest) }
  return `${JSON.stringify(schema, null, 2)}\n`
}

/** Lets a key have no value, such as `port:`, which then keeps its default. Within lists this is not so. */
function withEmptyKeys(schema: JsonSchema): JsonSchema {
  const { properties } = schema
  if (properties === undefined) return schema
  const entries = Object.entries(properties).map(([key, inner]) => [key, orNull(inner)])
  return { ...schema, properties: Object.fromEntries(entries) }
}

function orNull(schema: z.core.JSONSchema._JSONSchema): z.core.JSONSchema._JSONSchema {
  if (typeof schema === 'boolean') return schema
  const { description, default: value, anyOf, ...rest } = withEmptyKeys(schema)
  return {
    ...(description !== undefined && { description }),
    ...(value !== undefined && { default: value }),
    anyOf: [...(anyOf?.map((each) => ({ ...rest, ...(each as object) })) ?? [rest]), { type: 'null' }],
  }
}
