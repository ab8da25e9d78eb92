import { countryCode } from '../inventory/country-code.ts'
import { builder } from './builder.ts'
import { CountryFilterInput, SiteFilterInput } from './filter-inputs.ts'
import { Country, Site } from './object-refs.ts'
import { InventorySummary } from './summary.ts'

builder.node(Country, {
  description: "A country with its sites. Its region is the operator's own grouping, for example EMEA.",
  id: { resolve: (country) => country.id },
  loadOne: (id, { loaders }) => loaders.country.load(Number(id)),
  fields: (t) => ({
    name: t.exposeString('name', { description: 'As the source gives it; unique.' }),
    code: t.string({
      nullable: true,
      description: 'ISO 3166-1 alpha-2, where the name is a known country.',
      resolve: (country) => countryCode(country.name),
    }),
    region: t.exposeString('region', { nullable: true, description: "The operator's own grouping." }),
    sites: t.field({
      type: [Site],
      description: 'Sorted by name.',
      args: { filter: t.arg({ type: SiteFilterInput }) },
      resolve: (country, { filter }, context) =>
        context.loaders.sitesOfCountry.load({ parentId: country.id, filter }),
    }),
    summary: t.field({
      type: InventorySummary,
      description: 'Counts over the active devices of the country.',
      resolve: (country, _args, context) => context.loaders.countrySummary.load(country.id),
    }),
  }),
})

builder.queryFields((t) => ({
  countries: t.field({
    type: [Country],
    description: 'Sorted by name.',
    args: { filter: t.arg({ type: CountryFilterInput }) },
    resolve: (_root, { filter }, { store }) => store.inventory.countries(filter ?? undefined),
  }),
  country: t.field({
    type: Country,
    nullable: true,
    description: 'The country of this name.',
    args: { name: t.arg.string({ required: true }) },
    resolve: (_root, { name }, { store }) => store.inventory.countryByName(name),
  }),
}))
