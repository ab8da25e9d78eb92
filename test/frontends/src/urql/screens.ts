import type { Client } from '@urql/core'
import {
  DeviceTableChangesDocument,
  DeviceTableDocument,
  type DeviceTableQuery,
  type DeviceTableQueryVariables,
  type ProgressBarFragment,
  StartRefreshDocument,
  WatchProgressDocument,
} from '../gql/graphql.ts'

/** Shows the table of devices, and keeps its rows up to date. */
export function watchTable(
  client: Client,
  variables: DeviceTableQueryVariables,
  show: (devices: DeviceTableQuery['devices']) => void,
) {
  const table = client.query(DeviceTableDocument, variables).subscribe(({ data }) => {
    if (data) show(data.devices)
  })
  // The cache takes over what arrives, because each device has its id.
  const changes = client.subscription(DeviceTableChangesDocument, {}).subscribe(() => undefined)
  return {
    loadMore: (after: string | null) =>
      client.query(DeviceTableDocument, { ...variables, after }).toPromise(),
    close() {
      table.unsubscribe()
      changes.unsubscribe()
    },
  }
}

/** Probes all devices, and shows the progress until the end. */
export async function refreshAll(client: Client, show: (progress: ProgressBarFragment) => void) {
  const { data, error } = await client.mutation(StartRefreshDocument, { input: { force: true } })
  if (!data) throw error
  const { id } = data.startRefresh.refresh
  await new Promise<void>((resolve, reject) => {
    client.subscription(WatchProgressDocument, { id }).subscribe(({ data, error, hasNext }) => {
      if (error) reject(error)
      if (data) show(data.refreshProgress)
      if (!hasNext) resolve()
    })
  })
}
