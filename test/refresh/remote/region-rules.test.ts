import { describe, expect, it } from 'vitest'
import { compileRegions } from '../../../src/refresh/remote/region-rules.ts'
import { defaultConfig } from '../../support/default-config.ts'

function regionOf(place: { site: string; country: string }, probers = { default: 'local' }): string {
  const region = [
    { region: 'LAB', site: 'FRA9*' },
    { region: 'EMEA', country: 'Germany' },
    { region: 'APAC', country: 'J*', site: 'TYO*' },
  ]
  return compileRegions(defaultConfig({ devices: { region }, probers }))(place)
}

describe('the region of a device', () => {
  it('is that of the first entry that fits', () => {
    expect(regionOf({ site: 'FRA91', country: 'Germany' })).toBe('LAB')
    expect(regionOf({ site: 'FRA1', country: 'Germany' })).toBe('EMEA')
  })

  it('needs both the country and the site if both are given', () => {
    expect(regionOf({ site: 'TYO1', country: 'Japan' })).toBe('APAC')
    expect(regionOf({ site: 'OSA1', country: 'Japan' })).toBe('local')
  })

  it('is the default if no entry fits', () => {
    expect(regionOf({ site: 'LIM1', country: 'Peru' }, { default: 'AMER' })).toBe('AMER')
  })
})
