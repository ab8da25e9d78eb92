import type { ApolloClient } from '@apollo/client'
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
  client: ApolloClient,
  variables: DeviceTableQueryVariables,
  show: (devices: DeviceTableQuery['devices']) => void,
) {
  const table = client.watchQuery({ query: DeviceTableDocument, variables })
  const rows = table.subscribe(({ data, dataState }) => {
    if (dataState === 'complete') show(data.devices)
  })
  // The cache takes over what arrives, because each device has its id.
  const changes = client.subscribe({ query: DeviceTableChangesDocument }).subscribe(() => undefined)
  return {
    loadMore: (after: string | null) => table.fetchMore({ variables: { after } }),
    close() {
      rows.unsubscribe()
      changes.unsubscribe()
    },
  }
}

/** Probes all devices, and shows the progress until the end. */
export async function refreshAll(client: ApolloClient, show: (progress: ProgressBarFragment) => void) {
  const { data } = await client.mutate({
    mutation: StartRefreshDocument,
    variables: { input: { force: true } },
  })
  const id = data?.startRefresh.refresh.id ?? ''
  await client.subscribe({ query: WatchProgressDocument, variables: { id } }).forEach(({ data, error }) => {
    if (error) throw error
    if (data) show(data.refreshProgress)
  })
}
