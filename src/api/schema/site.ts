import { completeValue } from '@pothos/core'
import { RollcallError } from '../../base/errors.ts'
import { listSize, weight } from '../limits/field-costs.ts'
import { expectRow } from '../loaders/loader.ts'
import { builder } from './builder.ts'
import { LazyConnection, pageRequest } from './connections.ts'
import { deviceColumns } from './device.ts'
import { OrderDirectionEnum } from './enums.ts'
import { DeviceFilterInput, SiteFilterInput } from './filter-inputs.ts'
import { Country, Device, Site, SiteConnection } from './object-refs.ts'
import { InventorySummary } from './summary.ts'

builder.node(Site, {
  description: 'A place with devices. Its name is unique within its country.',
  id: { resolve: (site) => site.id },
  loadWithoutCache: (id, { loaders }) => loaders.site.load(Number(id)),
  fields: (t) => ({
    name: t.exposeString('name', { description: 'The name as the source gives it.' }),
    country: t.field({
      type: Country,
      description: 'The country of the site.',
      resolve: (site, _args, { loaders }) => completeValue(loaders.country.load(site.countryId), expectRow),
    }),
    devices: t.field({
      type: [Device],
      extensions: listSize(10),
      description:
        'The devices of the site, sorted by name. Decommissioned devices are left out unless the filter ' +
        'asks for them.',
      args: { filter: t.arg({ type: DeviceFilterInput, description: 'Only matching devices.' }) },
      resolve: (site, { filter }, { loaders }, info) =>
        loaders.devicesOfSite.for(filter, deviceColumns.of(info)).load(site.id),
    }),
    summary: t.field({
      type: InventorySummary,
      extensions: weight(5),
      description: 'Counts over the active devices of the site.',
      resolve: (site, _args, context) => context.loaders.siteSummary.load(site.id),
    }),
  }),
})

const SiteOrderFieldEnum = builder.enumType('SiteOrderField', {
  description: 'The field by which sites are sorted.',
  values: {
    NAME: { description: 'Name of the site.' },
    COUNTRY: { description: 'Name of the country, then of the site.' },
    DEVICES: { description: 'Number of active devices.' },
  } as const,
})

const SiteOrderInput = builder.inputType('SiteOrder', {
  description: 'The order of sites. Ties are broken the same way each time.',
  fields: (t) => ({
    field: t.field({ type: SiteOrderFieldEnum, required: true, description: 'The field to sort by.' }),
    direction: t.field({
      type: OrderDirectionEnum,
      defaultValue: 'ASC',
      description: 'The direction of the order.',
    }),
  }),
})

builder.queryFields((t) => ({
  site: t.field({
    type: Site,
    nullable: true,
    description:
      'The site with this name; null if there is none. If several countries have such a site, the error ' +
      'is BAD_USER_INPUT.',
    args: {
      name: t.arg.string({ required: true, description: 'The name as the source gives it; case-sensitive.' }),
      country: t.arg.string({
        description: 'Name of its country. Needed if several countries have a site with this name.',
      }),
    },
    resolve: async (_root, { name, country }, { store, loaders }) => {
      const sites = loaders.site.learnRows(await store.inventory.sitesByName(name, country ?? undefined))
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
      description: 'All matching sites, by name unless another order is given.',
      args: {
        filter: t.arg({ type: SiteFilterInput, description: 'Only matching sites.' }),
        orderBy: t.arg({ type: SiteOrderInput, description: 'Default: by name, ascending.' }),
      },
      resolve: (_root, { filter, orderBy, ...args }, { store, loaders }) => {
        const order = orderBy && { field: orderBy.field, direction: orderBy.direction ?? 'ASC' }
        const page = pageRequest(args)
        return new LazyConnection({
          fetchPage: async () => {
            const found = await store.inventory.pageOfSites({ filter, orderBy: order, page })
            loaders.site.learnRows(found.items)
            return found
          },
          countAll: () => store.inventory.countSites(filter ?? undefined),
        })
      },
    },
    SiteConnection,
  ),
}))
