import { execFile } from 'node:child_process'
import { mkdir, symlink, truncate, writeFile } from 'node:fs/promises'
import { promisify } from 'node:util'
import { describe, expect, test } from 'vitest'
import { never, useInventoryFiles } from './support/inventory-file.ts'

const files = useInventoryFiles()

const shape =
  'holds neither a list of records nor a hierarchy {country: {site: {device: address}}}; make it one of them.'

describe('a file that cannot be read as an inventory', () => {
  test.each([
    [
      'a.json',
      '[{"name": "a"},\n ]',
      'is not valid JSON at line 2, column 2: "]" stands where a value must.',
    ],
    ['a.json', '{"devices": []}', shape],
    ['a.json', '"text"', shape],
    ['a.json', ' \n', 'is empty; an inventory without devices is [].'],
    ['a.yaml', '\n', 'is empty; an inventory without devices is [].'],
    ['a.csv', '', 'is empty; the first row names the fields.'],
    [
      'a.ndjson',
      '\n{"name": \n{"name"\n',
      'is not valid JSON at line 2, column 10: the text ends where a value must.',
    ],
    [
      'a.ndjson',
      `{}\n${'x'.repeat(1024 * 1024 + 1)}`,
      'has more than 1 MiB in line 2; NDJSON has one record on each line.',
    ],
    [
      'a.csv',
      'name,address,site,country\na,10.0.0.1,b\na,10.0.0.1,b, c, d\n',
      'is not valid CSV at line 2: the row has more or fewer cells than the header; a cell with a comma in it needs double quotes.',
    ],
    [
      'a.csv',
      'name,address,site,country\n"a,10.0.0.1,b,c\n',
      'is not valid CSV at line 2: the text ends within a cell whose double quotes were never closed.',
    ],
    [
      'a.csv',
      'name,address,site,country\n"a"b,10.0.0.1,b,c\nd,10.0.0.2,b,c\n',
      'is not valid CSV at line 2: a double quote stands within a cell; write it twice and the whole cell in double quotes.',
    ],
    [
      'a.csv',
      'Name,address,site,country\n',
      `has no column "name" for the name, only "Name", "address", "site", "country", read with commas between the cells; add it, or correct the source's "fields" or "delimiter".`,
    ],
    ['a.csv', 'name,address,site,country,name\n', 'has two columns "name"; rename or remove one of them.'],
    [
      'a.yaml',
      'Germany: [\n',
      'is not valid YAML at line 2, column 1: Flow sequence in block collection must be sufficiently indented and end with a ].',
    ],
    [
      'a.yaml',
      '- name: a\n  name: b\n',
      'is not valid YAML at line 2, column 3: the key "name" is there already; remove one of them.',
    ],
    [
      'a.yaml',
      '---\n- name: a\n---\n- name: b\n',
      'holds more than one YAML document; "---" at line 3 begins another. Make them one.',
    ],
    [
      'a.yaml',
      '- name: a\n\taddress: b\n',
      'is not valid YAML at line 2, column 2: a tab indents it; use blanks.',
    ],
    [
      'a.yaml',
      '- *device\n',
      'is not valid YAML: Unresolved alias (the anchor must be set before the alias).',
    ],
    ['a.yaml', '# nothing\n', shape],
    [
      'a.yaml',
      'all:\n  children:\n    core:\n      hosts:\n        r1: { ansible_host: 10.0.0.1 }\n    edge:\n',
      'is an inventory of Ansible; make a list of records of it, each with name, address, site and country.',
    ],
    [
      'a.json',
      '{"_meta": {"hostvars": {"r1": {"ansible_host": "10.0.0.1"}}}, "all": {"children": ["core"]}, "core": {"hosts": ["r1"]}}',
      'is an inventory of Ansible; make a list of records of it, each with name, address, site and country.',
    ],
    [
      'a.yaml',
      'r1:\n  hostname: 10.0.0.1\n  groups: [core]\n  data: { site: fra, role: core }\nr2:\n  data: { site: ber }\n',
      'is an inventory of Nornir; make a list of records of it, each with name, address, site and country.',
    ],
    ['a.txt', '[]', 'has none of the extensions .json, .ndjson, .jsonl, .csv, .tsv, .yaml, .yml; rename it.'],
    ['a.json', Uint8Array.from([0x5b, 0x22, 0xe4, 0x22, 0x5d]), 'is not UTF-8 text; save it as UTF-8.'],
  ])('%s with %j', async (file, content, problem) => {
    await expect(files.fetchFrom(file, content)).rejects.toMatchObject({
      code: 'SOURCE_FAILED',
      message: `${file} ${problem}`,
    })
  })

  test('lacks a CSV column that the configuration names', async () => {
    await expect(
      files.fetchFrom('a.csv', 'name,address,site,country\n', { platform: 'Type' }),
    ).rejects.toThrow('has no column "Type" for the platform, only "name", "address", "site", "country"')
  })

  test('does not exist', async () => {
    await expect(files.sourceOf('none.json').fetch(never)).rejects.toMatchObject({
      code: 'SOURCE_FAILED',
      message: 'none.json does not exist; correct the source\'s "path" or the file.',
    })
  })

  test('is a symbolic link to itself', async () => {
    await symlink('a.json', files.pathOf('a.json'))
    await expect(files.sourceOf('a.json').fetch(never)).rejects.toMatchObject({
      code: 'SOURCE_FAILED',
      message: expect.stringMatching(/^a\.json cannot be read: ELOOP: [^/]* 'a\.json'; correct/),
    })
  })

  test('is a folder', async () => {
    await mkdir(files.pathOf('a.json'))
    await expect(files.sourceOf('a.json').fetch(never)).rejects.toMatchObject({
      code: 'SOURCE_FAILED',
      message: 'a.json is not a regular file; name one.',
    })
  })

  test('is a pipe that nobody writes to', async () => {
    await promisify(execFile)('mkfifo', [files.pathOf('a.json')])
    await expect(files.sourceOf('a.json').fetch(never)).rejects.toMatchObject({
      message: 'a.json is not a regular file; name one.',
    })
  })

  test('is larger than a string can be', async () => {
    await writeFile(files.pathOf('a.json'), '')
    await truncate(files.pathOf('a.json'), 512 * 1024 * 1024)
    await expect(files.sourceOf('a.json').fetch(never)).rejects.toMatchObject({
      code: 'SOURCE_FAILED',
      message: 'a.json is larger than 512 MiB; have it in NDJSON or CSV, or split it over several sources.',
    })
  })

  test('has aliases that expand exponentially', async () => {
    const levels = Array.from({ length: 9 }, (_, level) => {
      const aliases = Array.from({ length: 9 }, () => (level === 0 ? 'x' : `*l${level - 1}`))
      return `- &l${level} [${aliases.join(', ')}]`
    })
    await expect(files.fetchFrom('a.yaml', levels.join('\n'))).rejects.toThrow(
      'is not valid YAML: Excessive alias count indicates a resource exhaustion attack.',
    )
  })
})
