import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { SharedCapabilityLists } from '../../../src/refresh/pool/probe-messages.ts'
import {
  decodeAnswers,
  decodeTask,
  encodeAnswers,
  encodeTask,
  type RemoteAnswer,
} from '../../../src/refresh/remote/task-format.ts'
import { remoteTask, supportedReport } from './support/reports.ts'

const read = (texts: readonly string[]) => {
  const lists = new SharedCapabilityLists()
  return texts.flatMap((text) => decodeAnswers(text, lists))
}

describe('the format of tasks', () => {
  it('returns the task that was written', () => {
    const task = remoteTask({
      required: [
        { module: 'ietf-interfaces', minRevision: '2014-05-08', features: ['if-mib'] },
        { uri: 'urn:a' },
      ],
      hostKeys: { check: 'known', keys: [{ algorithm: 'ssh-ed25519', fingerprint: 'SHA256:abc' }] },
      legacyAlgorithms: true,
    })
    expect(decodeTask(encodeTask(task))).toEqual(task)
  })
})

describe('the format of answers', () => {
  it('returns the reports that were written, whatever the device has sent', () => {
    const text = fc.string({
      unit: fc.oneof(fc.constant('\0'), fc.constant('\ud800'), fc.string({ maxLength: 3 })),
    })
    // A peer names no capability with a line break.
    const uri = text.map((each) => `urn:${each.replaceAll('\n', '')}`)
    const report = fc.record({ message: text, capabilities: fc.option(fc.array(uri, { maxLength: 4 })) })
    fc.assert(
      fc.property(fc.array(report, { maxLength: 20 }), (reports) => {
        const answers = reports.map((each, index) => ({ id: `task ${index}`, report: supportedReport(each) }))
        expect(read(encodeAnswers(answers))).toEqual(answers)
      }),
    )
  })

  it('writes a list of capabilities once, and returns it as one array', () => {
    const shared = Array.from({ length: 100 }, (_, index) => `urn:example:${index}`)
    const answers: RemoteAnswer[] = [1, 2, 3].map((id) => ({
      id: String(id),
      report: supportedReport({ capabilities: shared }),
    }))
    const texts = encodeAnswers(answers)
    expect(texts).toHaveLength(1)
    expect(texts[0]?.split('urn:example:99')).toHaveLength(2)
    const [first, second] = read(texts)
    expect(first?.report.capabilities).toEqual(shared)
    expect(second?.report.capabilities).toBe(first?.report.capabilities)
  })

  it('splits answers that are too large for one message', () => {
    const answers = [1, 2, 3].map((id) => ({
      id: String(id),
      report: supportedReport({ message: `${id}`.repeat(5_000_000) }),
    }))
    const texts = encodeAnswers(answers)
    expect(texts).toHaveLength(3)
    expect(read(texts)).toEqual(answers)
  })
})
