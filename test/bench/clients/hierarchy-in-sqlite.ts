import Sqlite from 'better-sqlite3'
import { answerRuns } from '../support/timed-program.ts'

// What SQLite alone takes to build the text of the hierarchy that the API answers with, in one statement that sorts
// nothing: each level is read in the order of an index. It has no base64, so that ids are the numbers behind the API's.

const DEVICES = `
  select json_group_array(json_object(
    'id', id,
    'name', name,
    'address', address,
    'netconfSupported',
      json(iif(netconf_supported, 'true', iif(netconf_supported is null, null, 'false'))),
    'lastProbedAt', strftime('%Y-%m-%dT%H:%M:%fZ', last_probed_at / 1000.0, 'unixepoch')
  ))
  from (
    select id, name, address, netconf_supported, last_probed_at
    from devices where site_id = site.id and lifecycle = 'ACTIVE' order by name
  )`
const SITES = '(select id, name from sites where country_id = country.id order by name) as site'
const COUNTRIES = '(select id, name from countries order by name) as country'

const STATEMENTS: Readonly<Record<string, string>> = {
  // As one would write it. That an inner text is JSON has to be said: its subtype does not leave a subquery.
  nested: `
    select json_object('data', json_object('countries', json_group_array(json_object(
      'name', country.name,
      'sites', json((
        select json_group_array(json_object('name', site.name, 'devices', json((${DEVICES})))) from ${SITES}
      ))
    ))))
    from ${COUNTRIES}`,
  // The fastest that was found: above the devices texts are joined, and nothing is parsed again.
  joined: `
    select '{"data":{"countries":[' || coalesce(group_concat(
      '{"name":' || json_quote(country.name) || ',"sites":[' || coalesce((
        select group_concat('{"name":' || json_quote(site.name) || ',"devices":' || (${DEVICES}) || '}')
        from ${SITES}
      ), '') || ']}'
    ), '') || ']}}'
    from ${COUNTRIES}`,
}

const [path = '', statement = ''] = process.argv.slice(2)
const sqlite = new Sqlite(path, { readonly: true })
const hierarchy = sqlite.prepare<[], string>(STATEMENTS[statement] ?? '').pluck()
answerRuns(() => hierarchy.get() ?? '')
