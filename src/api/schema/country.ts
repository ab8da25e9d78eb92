import { countryCode } from '../../inventory/country-code.ts'
import { listSize, weight } from '../limits/field-costs.ts'
import { builder } from './builder.ts'
import { CountryFilterInput, SiteFilterInput } from './filter-inputs.ts'
import { Country, Site } from './object-refs.ts'
import { InventorySummary } from './summary.ts'

builder.node(Country, {
  description: "A country with its sites. Its region is the operator's own grouping, for example EMEA.",
  id: { resolve: (country) => country.id },
  loadWithoutCache: (id, { loaders }) => loaders.country.load(Number(id)),
  fields: (t) => ({
    name: t.exposeString('name', { description: 'The name as the source gives it; unique.' }),
    code: t.string({
      nullable: true,
      description:
        'The ISO 3166-1 alpha-2 code, if the name is a common or official name of a country, or a ' +
        'country code.',
      resolve: (country) => countryCode(country.name),
    }),
    region: t.exposeString('region', {
      nullable: true,
      description: "The operator's own grouping; null if there is none.",
    }),
    sites: t.field({
      type: [Site],
      extensions: listSize(14),
      description: 'Sorted by name.',
      args: { filter: t.arg({ type: SiteFilterInput, description: 'Only matching sites.' }) },
      resolve: (country, { filter }, { loaders }) => loaders.sitesOfCountry.for(filter).load(country.id),
    }),
    summary: t.field({
      type: InventorySummary,
      extensions: weight(5),
      description: 'Counts over the active devices of the country.',
      resolve: (country, _args, context) => context.loaders.countrySummary.load(country.id),
    }),
  }),
})

builder.queryFields((t) => ({
  countries: t.field({
    type: [Country],
    extensions: listSize(100),
    description: 'Sorted by name.',
    args: { filter: t.arg({ type: CountryFilterInput, description: 'Only matching countries.' }) },
    resolve: async (_root, { filter }, { store, loaders }) =>
      loaders.country.learnRows(await store.inventory.countries(filter ?? undefined)),
  }),
  country: t.field({
    type: Country,
    nullable: true,
    description: 'The country with this name; null if there is none.',
    args: {
      name: t.arg.string({ required: true, description: 'The name as the source gives it; case-sensitive.' }),
    },
    resolve: async (_root, { name }, { store, loaders }) => {
      const country = await store.inventory.countryByName(name)
      if (country) loaders.country.learnRows([country])
      return country
    },
  }),
}))
