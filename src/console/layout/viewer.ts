import { type Accessor, createContext, useContext } from 'solid-js'
import type { Role, ViewerQuery } from '../api/generated.ts'

const RANKS: Record<Role, number> = { VIEWER: 0, OPERATOR: 1, ADMIN: 2 }

export const ViewerContext = createContext<Accessor<ViewerQuery['viewer']>>()

/** Whether the viewer has at least this role. The console hides actions that the role does not allow. */
export function useMay(): (role: Role) => boolean {
  const viewer = useContext(ViewerContext)
  return (role) => viewer !== undefined && RANKS[viewer().role] >= RANKS[role]
}
