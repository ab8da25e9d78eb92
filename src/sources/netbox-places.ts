import { digitsOf, isObject } from '../inventory/parsed-values.ts'
import type { NetBoxObject } from './netbox-list.ts'

/** The place of a device, as far as NetBox knows it. */
export interface NetBoxPlace {
  site: string | null
  country: string | null
  region: string | null
}

/** The rule that finds the country of a site. */
export interface CountryRule {
  /**
   * The custom field of the site, or of the nearest region above it that has a value. Null means the region
   * tree.
   */
  countryField: string | null
  /**
   * The level of the region tree that holds the countries; 0 is the top. The region above a country is its
   * region.
   */
  countryDepth: number
}

const NOWHERE: NetBoxPlace = { site: null, country: null, region: null }

/** The places of all sites, by their ids. */
export class NetBoxPlaces {
  readonly #places: ReadonlyMap<string | null, NetBoxPlace>
  /** Why no site has a country and what to change, as the predicate of a sentence; null if a site has one. */
  readonly problem: string | null

  constructor(sites: readonly NetBoxObject[], regions: readonly NetBoxObject[], rule: CountryRule) {
    const tree = new Map(regions.map((region) => [digitsOf(region.id), region]))
    this.#places = new Map(sites.map((site) => [digitsOf(site.id), placeOf(site, tree, rule)]))
    const hasCountry = [...this.#places.values()].some(({ country }) => country !== null)
    this.problem = hasCountry ? null : whyNoCountry(sites, regions, rule)
  }

  /** Returns the place of the site that an object refers to. */
  of(site: unknown): NetBoxPlace {
    const place = this.#places.get(idOf(site))
    return place ?? { ...NOWHERE, site: nameIn(site) }
  }
}

function whyNoCountry(
  sites: readonly NetBoxObject[],
  regions: readonly NetBoxObject[],
  { countryField, countryDepth }: CountryRule,
): string {
  if (sites.length === 0) return 'shows devices but no sites; let the token view sites (dcim.view_site).'
  if (countryField !== null) {
    const hidden = regions.length === 0 ? ', or let the token view regions (dcim.view_region)' : ''
    return (
      `has a value in the custom field "${countryField}" for none of its sites and their regions; ` +
      `correct "countryField"${hidden}.`
    )
  }
  if (regions.length === 0) {
    return (
      'shows sites but no regions, which name the countries; ' +
      'let the token view regions (dcim.view_region), or set "countryField".'
    )
  }
  return countryDepth === 0
    ? 'has its sites in no region, which would name the country; ' +
        'put them into regions, or set "countryField".'
    : `has no site in a region that is ${countryDepth} levels below the top of the tree; ` +
        'correct "countryDepth".'
}

function placeOf(
  site: NetBoxObject,
  tree: ReadonlyMap<string | null, NetBoxObject>,
  { countryField, countryDepth }: CountryRule,
): NetBoxPlace {
  const path = pathTo(idOf(site.region), tree)
  if (countryField === null) {
    return {
      site: nameIn(site),
      country: nameIn(path[countryDepth]),
      region: countryDepth === 0 ? null : nameIn(path[countryDepth - 1]),
    }
  }
  const nearestFirst = [site, ...path.toReversed()]
  const country = nearestFirst.map((each) => customField(each, countryField)).find((name) => name !== null)
  const top = nameIn(path[0])
  return { site: nameIn(site), country: country ?? null, region: top === country ? null : top }
}

/** Returns the regions from the top of the tree down to the given one. */
function pathTo(id: string | null, tree: ReadonlyMap<string | null, NetBoxObject>): NetBoxObject[] {
  const path: NetBoxObject[] = []
  for (let region = tree.get(id); region; region = tree.get(idOf(region.parent))) {
    // The tree is a cycle and has no top.
    if (path.includes(region)) return []
    path.unshift(region)
  }
  return path
}

/**
 * Returns the value of a custom field: a text, the name of an object, or a choice. NetBox gives a choice as
 * the text of its value up to 4.6, and with value and label from 4.7 on; the value is used for both, so that
 * an upgrade moves no device. Up to 2.9 the value is a number, and the label is used.
 */
function customField(object: NetBoxObject, field: string): string | null {
  const fields = object.custom_fields
  const value = isObject(fields) && Object.hasOwn(fields, field) ? fields[field] : null
  if (!isObject(value)) return textOf(value)
  return textOf(value.name) ?? textOf(value.value) ?? textOf(value.label)
}

function textOf(value: unknown): string | null {
  return typeof value === 'string' ? value.trim() || null : null
}

function idOf(reference: unknown): string | null {
  return isObject(reference) ? digitsOf(reference.id) : null
}

function nameIn(object: unknown): string | null {
  return isObject(object) && typeof object.name === 'string' ? object.name : null
}
