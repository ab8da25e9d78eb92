import { hash } from 'node:crypto'
import type { ProbeReport, ProbeTask } from '../../netconf/report/probe-report.ts'
import type { SharedCapabilityLists } from '../pool/probe-messages.ts'

/**
 * The version of the texts below, which is part of the names of the queues: an engine and a prober that
 * differ in it do not understand each other. Count it up with every change that an older
 * reader would get wrong.
 */
export const TASK_FORMAT = 1

/** A task as it goes through the queue. It names its credential, of which each prober has the secrets. */
export type RemoteTask = Omit<ProbeTask, 'credential'> & { credential: string }

/** The answer to one task. */
export interface RemoteAnswer {
  /** The id of the task. */
  id: string
  report: ProbeReport
}

/** The longest text of one message. A larger batch is sent as several. */
const MAX_TEXT_LENGTH = 8_000_000

// PostgreSQL refuses some characters in JSON that devices may send. So its JSON holds ours as a text.

export function encodeTask(task: RemoteTask): string {
  return JSON.stringify(task)
}

/** The text comes from an engine of the same format. */
export function decodeTask(text: string): RemoteTask {
  return JSON.parse(text)
}

interface Message {
  answers: { id: string; report: ProbeReport & { capabilities: null }; list: number | null }[]
  /** The lists of capabilities, which many devices share. */
  lists: (readonly string[])[]
}

/** Returns the texts of one or more messages with these answers. */
export function encodeAnswers(answers: readonly RemoteAnswer[]): string[] {
  const indexes = new Map<readonly string[], number>()
  const message: Message = {
    answers: answers.map(({ id, report }) => {
      const { capabilities } = report
      if (capabilities !== null && !indexes.has(capabilities)) indexes.set(capabilities, indexes.size)
      const list = capabilities === null ? null : (indexes.get(capabilities) ?? null)
      return { id, report: { ...report, capabilities: null }, list }
    }),
    lists: [...indexes.keys()],
  }
  const text = JSON.stringify(message)
  if (text.length <= MAX_TEXT_LENGTH || answers.length === 1) return [text]
  const half = answers.length >> 1
  return [...encodeAnswers(answers.slice(0, half)), ...encodeAnswers(answers.slice(half))]
}

/**
 * Returns the answers of a message. Equal lists of capabilities become one array.
 *
 * @throws Error if the text is no message of this format
 */
export function decodeAnswers(text: string, shared: SharedCapabilityLists): RemoteAnswer[] {
  const { answers, lists }: Message = JSON.parse(text)
  const known = lists.map((list) => shared.get(hash('sha256', list.join('\n')), list))
  return answers.map(({ id, report, list }) => ({
    id,
    report: { ...report, capabilities: list === null ? null : (known[list] ?? null) },
  }))
}
