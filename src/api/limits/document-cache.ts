import type { DocumentNode } from 'graphql'
import { LRUCache } from 'lru-cache'

const MAX_DOCUMENTS = 1_000
/** Of all texts together: a parsed document holds up to some 200 bytes for each of its characters. */
const MAX_CHARACTERS = 500_000

/** For the server library, what it keeps of texts that it has parsed: whoever sends a new text each time fills no memory. */
export function createDocumentCaches() {
  return {
    documentCache: new LRUCache<string, DocumentNode>({
      max: MAX_DOCUMENTS,
      maxSize: MAX_CHARACTERS,
      sizeCalculation: (_document, text) => Math.max(1, text.length),
    }),
    // Nobody sends a text again that does not parse.
    errorCache: { get: () => undefined, set: () => undefined },
  }
}
