import { CriticalityLevel, diff } from '@graphql-inspector/core'
import { buildSchema } from 'graphql'

/** What clients of the released schema would run into with another one; each change is a sentence. */
export interface SchemaChanges {
  /** A query that was valid is no more, or gives what it could not give before. */
  breaking: string[]
  /** A client that takes nothing for granted goes on; another may not: a new value of an enum, for example. */
  dangerous: string[]
}

/** Compares two schemas, both in SDL. What is merely new is not told. */
export async function schemaChanges(released: string, current: string): Promise<SchemaChanges> {
  const changes = await diff(buildSchema(released), buildSchema(current))
  const told = (level: CriticalityLevel) =>
    changes
      .filter(({ criticality }) => criticality.level === level)
      .map(({ message }) => `${message.replace(/\.$/, '')}.`)
  return { breaking: told(CriticalityLevel.Breaking), dangerous: told(CriticalityLevel.Dangerous) }
}
