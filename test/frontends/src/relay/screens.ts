import {
  commitMutation,
  createOperationDescriptor,
  type Environment,
  fetchQuery,
  getRequest,
  graphql,
  requestSubscription,
} from 'relay-runtime'
import type { screensChangesSubscription } from './__generated__/screensChangesSubscription.graphql.ts'
import type { screensDevicesQuery } from './__generated__/screensDevicesQuery.graphql.ts'
import type { screensProgressSubscription } from './__generated__/screensProgressSubscription.graphql.ts'
import type { screensRefreshMutation } from './__generated__/screensRefreshMutation.graphql.ts'

const devicesQuery = graphql`
  query screensDevicesQuery($first: Int!, $after: String, $filter: DeviceFilter, $orderBy: DeviceOrder) {
    devices(first: $first, after: $after, filter: $filter, orderBy: $orderBy)
      @connection(key: "screens_devices") {
      totalCount
      edges {
        node {
          id
          name
          netconfSupported
          lastProbe {
            id
            outcome
            message
          }
        }
      }
    }
  }
`

const changesSubscription = graphql`
  subscription screensChangesSubscription {
    deviceChanges {
      id
      netconfSupported
      lastProbe {
        id
        outcome
        message
      }
    }
  }
`

const refreshMutation = graphql`
  mutation screensRefreshMutation($input: StartRefreshInput!) {
    startRefresh(input: $input) {
      refresh {
        id
      }
    }
  }
`

const progressSubscription = graphql`
  subscription screensProgressSubscription($id: ID!) {
    refreshProgress(refreshId: $id) {
      state
      done
      total
    }
  }
`

/** Shows the table of devices, and keeps its rows up to date. In React, `usePaginationFragment` does the same. */
export function watchTable(
  environment: Environment,
  variables: screensDevicesQuery['variables'],
  show: (devices: screensDevicesQuery['response']['devices']) => void,
) {
  const operation = createOperationDescriptor(getRequest(devicesQuery), variables)
  const retained = environment.retain(operation)
  const load = (after?: string) =>
    fetchQuery<screensDevicesQuery>(environment, devicesQuery, { ...variables, after }).toPromise()
  const rows = environment.subscribe(environment.lookup(operation.fragment), ({ data }) => {
    show((data as screensDevicesQuery['response']).devices)
  })
  // The store takes over what arrives, because each device has its id.
  const changes = requestSubscription<screensChangesSubscription>(environment, {
    subscription: changesSubscription,
    variables: {},
  })
  void load()
  return {
    loadMore: load,
    close() {
      for (const each of [rows, changes, retained]) each.dispose()
    },
  }
}

/** Probes all devices, and shows the progress until the end. */
export async function refreshAll(
  environment: Environment,
  show: (progress: screensProgressSubscription['response']['refreshProgress']) => void,
) {
  const { startRefresh } = await new Promise<screensRefreshMutation['response']>((resolve, reject) => {
    commitMutation<screensRefreshMutation>(environment, {
      mutation: refreshMutation,
      variables: { input: { force: true } },
      onCompleted: resolve,
      onError: reject,
    })
  })
  await new Promise<void>((resolve, reject) => {
    requestSubscription<screensProgressSubscription>(environment, {
      subscription: progressSubscription,
      variables: { id: startRefresh.refresh.id },
      onNext: (result) => result && show(result.refreshProgress),
      onError: reject,
      onCompleted: resolve,
    })
  })
}
