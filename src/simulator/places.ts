/** A country with the cities of its sites. */
export interface Country {
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
export const COUNTRIES: readonly Country[] = [
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
