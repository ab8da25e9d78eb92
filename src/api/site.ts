import { RollcallError } from '../base/errors.ts'
import { builder } from './builder.ts'
import { pageRequest, toConnection } from './connections.ts'
import { OrderDirectionEnum } from './enums.ts'
import { expectRow } from './expect-row.ts'
import { DeviceFilterInput, SiteFilterInput } from './filter-inputs.ts'
import { Country, Device, Site, SiteConnection } from './object-refs.ts'
import { InventorySummary } from './summary.ts'

builder.node(Site, {
  description: 'A place with devices. Its name is unique within its country.',
  id: { resolve: (site) => site.id },
  loadOne: (id, { loaders }) => loaders.site.load(Number(id)),
  fields: (t) => ({
    name: t.exposeString('name', { description: 'As the source gives it.' }),
    country: t.field({
      type: Country,
      resolve: async (site, _args, context) => expectRow(await context.loaders.country.load(site.countryId)),
    }),
    devices: t.field({
      type: [Device],
      description: 'Sorted by name. Decommissioned devices only where the filter asks for them.',
      args: { filter: t.arg({ type: DeviceFilterInput }) },
      resolve: (site, { filter }, context) =>
        context.loaders.devicesOfSite.load({ parentId: site.id, filter }),
    }),
    summary: t.field({
      type: InventorySummary,
      description: 'Counts over the active devices of the site.',
      resolve: (site, _args, context) => context.loaders.siteSummary.load(site.id),
    }),
  }),
})

const SiteOrderFieldEnum = builder.enumType('SiteOrderField', {
  description: 'What sites are sorted by; DEVICES is the number of active devices.',
  values: ['NAME', 'COUNTRY', 'DEVICES'] as const,
})

const SiteOrderInput = builder.inputType('SiteOrder', {
  description: 'Ties are broken the same way each time.',
  fields: (t) => ({
    field: t.field({ type: SiteOrderFieldEnum, required: true }),
    direction: t.field({ type: OrderDirectionEnum, defaultValue: 'ASC' }),
  }),
})

builder.queryFields((t) => ({
  site: t.field({
    type: Site,
    nullable: true,
    description: 'The site of this name; a name that several countries have is BAD_USER_INPUT.',
    args: { name: t.arg.string({ required: true }), country: t.arg.string() },
    resolve: async (_root, { name, country }, { store }) => {
      const sites = await store.inventory.sitesByName(name, country ?? undefined)
      if (sites.length > 1)
        throw new RollcallError(
          'BAD_USER_INPUT',
          `Several countries have a site "${name}"; give \`country\` as well.`,
        )
      return sites[0]
    },
  }),
  sites: t.connection(
    {
      type: Site,
      description: 'By name where no order is given.',
      args: { filter: t.arg({ type: SiteFilterInput }), orderBy: t.arg({ type: SiteOrderInput }) },
      resolve: async (_root, { filter, orderBy, ...args }, { store }) => {
        const order = orderBy && { field: orderBy.field, direction: orderBy.direction ?? 'ASC' }
        const page = await store.inventory.pageOfSites({
          filter: filter ?? undefined,
          orderBy: order ?? undefined,
          page: pageRequest(args),
        })
        return toConnection(page, () => store.inventory.countSites(filter ?? undefined))
      },
    },
    SiteConnection,
  ),
}))
