import { InvalidArgumentError, Option } from 'commander'
import { duration, MAX_DEVICES, wholeNumber } from '../../../src/cli/options.ts'

/** The options that several benchmarks have, alike in each but for their defaults. */
export function devicesOption(byDefault: number): Option {
  return new Option('--devices <n>', 'how many simulated devices')
    .argParser(wholeNumber(1, MAX_DEVICES))
    .default(byDefault)
}

export function faultyOption(byDefault: number): Option {
  return new Option('--faulty <n>', 'how many of them stall in the middle of their hello')
    .argParser(wholeNumber(0, MAX_DEVICES))
    .default(byDefault)
}

export function countOption(flags: string, description: string, byDefault: number): Option {
  return new Option(flags, description).argParser(wholeNumber(1, 1_000_000)).default(byDefault)
}

export function timeoutOption(byDefault = '10s'): Option {
  return new Option('--timeout <duration>', 'what one probe may take')
    .argParser(duration)
    .default(duration(byDefault), byDefault)
}

/** Probes at once; `all`: as many as there are devices. */
export type Concurrency = number | 'all'

export function concurrencyOption(byDefault: string): Option {
  return new Option('--concurrency <list>', 'probes at once, row by row')
    .argParser(concurrencies)
    .default(concurrencies(byDefault), byDefault)
}

function concurrencies(text: string): Concurrency[] {
  return text.split(',').map((each) => {
    if (each === 'all') return each
    if (/^[1-9]\d{0,4}$/.test(each)) return Number(each)
    throw new InvalidArgumentError('Give whole numbers and "all", with commas between them.')
  })
}
