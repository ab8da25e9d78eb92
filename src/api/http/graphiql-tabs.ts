const TREE = `# The tree of countries, sites and devices. The other tabs start a refresh and follow it.
query Tree {
  summary { devices supported unprobed }
  countries {
    name
    summary { devices supported }
    sites {
      name
      devices { name address netconfSupported lastProbe { outcome message } }
    }
  }
}
`

const START = `# Probes all devices again. To follow the refresh, copy its id into the variables of the
# next tab. If such a refresh is under way already, "started" is false, and the id is that of this refresh.
mutation Start {
  startRefresh(input: { force: true }) { started refresh { id state } }
}
`

const FOLLOW = `# The results of a refresh as they arrive, from the first one on. The id in the variables
# is that of the first refresh of this gateway.
subscription Follow($id: ID!) {
  probeResults(refreshId: $id) {
    progress { state done total }
    probes { device { name } outcome message }
  }
}
`

const FIRST_REFRESH = { id: Buffer.from('Refresh:1').toString('base64url') }

/** The tabs of GraphiQL in a browser that has not opened it before. */
export const GRAPHIQL_TABS = [
  { query: TREE },
  { query: START },
  { query: FOLLOW, variables: JSON.stringify(FIRST_REFRESH, null, 2) },
]
