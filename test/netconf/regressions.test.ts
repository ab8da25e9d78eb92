import { expect, it } from 'vitest'
import { check } from '../fuzz/check.ts'
import { mutate, randomFrom, SEEDS } from '../fuzz/mutate.ts'
import { readRegressions } from '../fuzz/regressions.ts'
import { TARGETS } from '../fuzz/targets.ts'

it.each(readRegressions())('$name does not return', async ({ regression }) => {
  const { target, bytes, cuts } = regression
  expect(await check(target, Buffer.from(bytes, 'base64'), cuts)).toEqual({ kind: expect.any(String) })
})

it.each(Object.keys(TARGETS))('%s accepts all input of the fuzzer', async (target) => {
  const random = randomFrom(1)
  for (let input = 0; input < 500; input += 1) {
    const bytes = mutate(random, SEEDS[input % SEEDS.length] ?? Buffer.alloc(0), SEEDS)
    const cuts = Array.from({ length: random(6) }, () => random(bytes.length + 1))
    expect(await check(target, bytes, cuts)).toEqual({ kind: expect.any(String) })
  }
})
