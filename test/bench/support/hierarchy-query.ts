/** Every country, site and device, and five fields of each device. */
export const HIERARCHY =
  '{ countries { name sites { name devices { id name address netconfSupported lastProbedAt } } } }'

/** Its answer. */
export interface Hierarchy {
  data: {
    countries: {
      name: string
      sites: { name: string; devices: { id: string | number; name: string; address: string }[] }[]
    }[]
  }
}
