import { expect, it } from 'vitest'
import {
  CapabilityListReceiver,
  CapabilityListSender,
  SharedCapabilityLists,
} from '../../../src/refresh/pool/probe-messages.ts'

const listOf = (name: string) => ['urn:ietf:params:netconf:base:1.0', `urn:example:${name}`]

it('sends a list once, even if another array has the same content', () => {
  const sender = new CapabilityListSender()
  const list = listOf('a')
  expect(sender.encode(list)).toMatchObject({ slot: 0, uris: list })
  expect(sender.encode(list)).toEqual({ slot: 0 })
  expect(sender.encode(listOf('a'))).toEqual({ slot: 0 })
  expect(sender.encode(listOf('b'))).toMatchObject({ slot: 1, uris: listOf('b') })
})

it('keeps the lists that were used last, on both sides alike', () => {
  const sender = new CapabilityListSender()
  const receiver = new CapabilityListReceiver(new SharedCapabilityLists())
  const pass = (name: string) => {
    const wire = structuredClone(sender.encode(listOf(name)))
    expect(receiver.decode(wire)).toEqual(listOf(name))
    return 'uris' in wire
  }
  expect(pass('often')).toBe(true)
  const slots = new Set<number | null>()
  for (let round = 0; round < 300; round += 1) {
    expect(pass(`${round}`)).toBe(true)
    expect(pass('often')).toBe(false)
    slots.add(sender.encode(listOf(`${round}`)).slot)
  }
  // 128 of them in all.
  expect(slots.size).toBe(127)
  expect(pass('299')).toBe(false)
  expect(pass('0')).toBe(true)
})

it('does not keep a list that is too long', () => {
  const sender = new CapabilityListSender()
  const long = Array.from({ length: 10_000 }, (_, index) => `urn:example:${index}:${'x'.repeat(20)}`)
  expect(sender.encode(long)).toMatchObject({ slot: null, uris: long })
  expect(sender.encode(long)).toMatchObject({ slot: null, uris: long })
})

it('shares one array between equal lists of two threads', () => {
  const shared = new SharedCapabilityLists()
  const lists = [1, 2].map(() =>
    new CapabilityListReceiver(shared).decode(
      structuredClone(new CapabilityListSender().encode(listOf('a'))),
    ),
  )
  expect(lists[0]).toBe(lists[1])
  expect(lists[0]).toEqual(listOf('a'))
})
