import type { ChangeAction, ChangeFilter } from '../api/generated.ts'
import { before, FilterLanguage, names, oneOf, PLACE_KEYS, texts } from './filter-text.ts'

const ACTIONS: readonly ChangeAction[] = [
  'CREATED',
  'UPDATED',
  'DECOMMISSIONED',
  'RESTORED',
  'FACTS_CHANGED',
  'CAPABILITIES_CHANGED',
  'HOST_KEY_TRUSTED',
]

const WORDS = ACTIONS.map((action) => action.toLowerCase())

/** The filter of the change log. */
export const CHANGE_FILTER = new FilterLanguage<ChangeFilter>([
  { key: 'name', meaning: (value) => names(value, (name) => ({ name })) },
  {
    key: 'what',
    title: 'What',
    values: WORDS,
    meaning(value) {
      const action = oneOf(value, ACTIONS)
      return action ? { action } : `one of ${WORDS.join(', ')}`
    },
  },
  { key: 'by', title: 'By', meaning: (value) => texts(value, (actor) => ({ actor })) },
  {
    key: 'since',
    title: 'Since',
    values: ['1h', '1d', '7d', '30d'],
    meaning(value) {
      const since = before(value)
      return since ? { since } : 'an age such as 6h or 2d'
    },
  },
  ...PLACE_KEYS,
])
