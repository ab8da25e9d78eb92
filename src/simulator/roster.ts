import { HELLO_TEMPLATES, type HelloTemplate } from './hellos.ts'

/** A country with the cities of its sites. */
interface Country {
  name: string
  region: string
  cities: readonly City[]
}

interface City {
  name: string
  /** Three letters, with which device names begin. */
  code: string
}

function country(region: string, name: string, cities: Readonly<Record<string, string>>): Country {
  return { name, region, cities: Object.entries(cities).map(([code, city]) => ({ code, name: city })) }
}

/** The countries. Codes are unique over all of them, so that a device's name tells where it is. */
const COUNTRIES: readonly Country[] = [
  country('EMEA', 'Germany', {
    fra: 'Frankfurt',
    ber: 'Berlin',
    muc: 'Munich',
    ham: 'Hamburg',
    cgn: 'Cologne',
  }),
  country('AMER', 'United States', {
    nyc: 'New York',
    ord: 'Chicago',
    dfw: 'Dallas',
    sea: 'Seattle',
    atl: 'Atlanta',
  }),
  country('APAC', 'Japan', { tyo: 'Tokyo', osa: 'Osaka', ngo: 'Nagoya', fuk: 'Fukuoka', spk: 'Sapporo' }),
  country('EMEA', 'France', { par: 'Paris', lys: 'Lyon', mrs: 'Marseille', tls: 'Toulouse', lil: 'Lille' }),
  country('AMER', 'Brazil', {
    sao: 'São Paulo',
    rio: 'Rio de Janeiro',
    bsb: 'Brasília',
    for: 'Fortaleza',
    cwb: 'Curitiba',
  }),
  country('EMEA', 'United Kingdom', {
    lon: 'London',
    man: 'Manchester',
    bhx: 'Birmingham',
    edi: 'Edinburgh',
    brs: 'Bristol',
  }),
  country('APAC', 'Australia', {
    syd: 'Sydney',
    mel: 'Melbourne',
    bne: 'Brisbane',
    per: 'Perth',
    adl: 'Adelaide',
  }),
  country('EMEA', 'Spain', {
    mad: 'Madrid',
    bcn: 'Barcelona',
    vlc: 'Valencia',
    svq: 'Seville',
    bio: 'Bilbao',
  }),
  country('AMER', 'Canada', {
    yto: 'Toronto',
    ymq: 'Montreal',
    yvr: 'Vancouver',
    yyc: 'Calgary',
    yow: 'Ottawa',
  }),
  country('EMEA', 'Netherlands', {
    ams: 'Amsterdam',
    rtm: 'Rotterdam',
    utr: 'Utrecht',
    ein: 'Eindhoven',
    gro: 'Groningen',
  }),
  country('APAC', 'India', {
    bom: 'Mumbai',
    del: 'Delhi',
    blr: 'Bengaluru',
    maa: 'Chennai',
    hyd: 'Hyderabad',
  }),
  country('EMEA', 'Italy', { mil: 'Milan', rom: 'Rome', trn: 'Turin', nap: 'Naples', blq: 'Bologna' }),
  country('EMEA', 'Poland', { waw: 'Warsaw', krk: 'Kraków', gdn: 'Gdańsk', poz: 'Poznań', wro: 'Wrocław' }),
  country('AMER', 'Mexico', {
    mex: 'Mexico City',
    mty: 'Monterrey',
    gdl: 'Guadalajara',
    pbc: 'Puebla',
    tij: 'Tijuana',
  }),
  country('EMEA', 'Sweden', {
    sto: 'Stockholm',
    got: 'Gothenburg',
    mma: 'Malmö',
    upp: 'Uppsala',
    lpi: 'Linköping',
  }),
  country('APAC', 'South Korea', {
    sel: 'Seoul',
    pus: 'Busan',
    inc: 'Incheon',
    tae: 'Daegu',
    kwj: 'Gwangju',
  }),
  country('EMEA', 'South Africa', {
    jnb: 'Johannesburg',
    cpt: 'Cape Town',
    dur: 'Durban',
    pry: 'Pretoria',
    bfn: 'Bloemfontein',
  }),
  country('EMEA', 'Switzerland', {
    zrh: 'Zurich',
    gva: 'Geneva',
    bsl: 'Basel',
    brn: 'Bern',
    qls: 'Lausanne',
  }),
  country('AMER', 'Argentina', {
    bue: 'Buenos Aires',
    cor: 'Córdoba',
    ros: 'Rosario',
    mdz: 'Mendoza',
    slt: 'Salta',
  }),
  country('EMEA', 'Austria', { vie: 'Vienna', grz: 'Graz', lnz: 'Linz', szg: 'Salzburg', inn: 'Innsbruck' }),
  country('EMEA', 'Egypt', { cai: 'Cairo', alx: 'Alexandria', giz: 'Giza', lxr: 'Luxor', asw: 'Aswan' }),
  country('APAC', 'New Zealand', {
    akl: 'Auckland',
    wlg: 'Wellington',
    chc: 'Christchurch',
    hlz: 'Hamilton',
    dud: 'Dunedin',
  }),
  country('EMEA', 'Kenya', { nbo: 'Nairobi', mba: 'Mombasa', kis: 'Kisumu', nak: 'Nakuru', edl: 'Eldoret' }),
  country('AMER', 'Chile', {
    scl: 'Santiago',
    vap: 'Valparaíso',
    ccp: 'Concepción',
    anf: 'Antofagasta',
    zco: 'Temuco',
  }),
]

/** A simulated device before it has an address. */
export interface RosterEntry {
  name: string
  site: string
  country: string
  region: string
  hello: HelloTemplate
}

const DEVICES_PER_SITE = 10
const SITES_PER_COUNTRY = 5
const ROLES = ['core', 'core', 'edge', 'edge', 'agg', 'agg', 'acc', 'acc', 'fw', 'oob'] as const

/**
 * Returns the devices of a fleet, site by site. The same count gives the same devices, so that a database
 * recognises them when the fleet is started again.
 */
export function drawRoster(count: number): RosterEntry[] {
  const sites = Math.ceil(count / DEVICES_PER_SITE)
  const countries = COUNTRIES.slice(0, Math.max(1, Math.ceil(sites / SITES_PER_COUNTRY)))
  return Array.from({ length: count }, (_, index) => {
    const site = siteAt(Math.floor(index / DEVICES_PER_SITE), countries)
    const place = index % DEVICES_PER_SITE
    const role = ROLES[place] ?? ROLES[0]
    const number = 1 + ROLES.slice(0, place).filter((earlier) => earlier === role).length
    return {
      name: `${site.code}-${role}-0${number}`,
      site: site.name,
      country: site.country.name,
      region: site.country.region,
      hello: at(HELLO_TEMPLATES, scatter(index)),
    }
  })
}

function siteAt(
  index: number,
  countries: readonly Country[],
): { name: string; code: string; country: Country } {
  const country = at(countries, index)
  const withinCountry = Math.floor(index / countries.length)
  const city = at(country.cities, withinCountry)
  const number = 1 + Math.floor(withinCountry / country.cities.length)
  if (number === 1) return { name: city.name, code: city.code, country }
  return { name: `${city.name} ${number}`, code: `${city.code}${number}`, country }
}

/** Returns a number without a visible pattern, the same for the same index (Knuth's multiplicative hash). */
function scatter(index: number): number {
  return Math.imul(index + 1, 2654435761) >>> 8
}

/** Returns the entry at an index that wraps around. */
function at<T>(list: readonly T[], index: number): T {
  const entry = list[index % list.length]
  if (entry === undefined) throw new Error('The list is empty.')
  return entry
}
