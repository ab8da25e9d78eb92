import { PgBoss, type Queue } from 'pg-boss'
import type { Closable } from '../../base/close.ts'
import { messageOf, RollcallError } from '../../base/errors.ts'
import type { Logger } from '../../base/log.ts'
import { VERSION } from '../../base/version.ts'
import type { QueueDatabase } from '../../store/queue-database.ts'
import { TASK_FORMAT } from './task-format.ts'

// The only file that names pg-boss. Each region has a queue of tasks. All regions share one of answers.

/**
 * A prober that has not kept its tasks for this long gives them back. It is longer than the 20 s for which a
 * network may be cut without that, and with a look every two seconds it is shorter than 30 s.
 */
const KEPT_FOR_S = 26
/** A task is also given back if its probe has not ended this long after its time limit. */
const OVERTIME_S = 30
/** Answers that an engine took and did not remove, because it lost its connection, are delivered again. */
const ANSWERS_TAKEN_FOR_S = 10

const TASKS = 'tasks/'
const ANSWERS = 'answers/'
const ANSWER_QUEUE = `${ANSWERS}${TASK_FORMAT}`

const TASK_OPTIONS: Omit<Queue, 'name'> = {
  heartbeatSeconds: KEPT_FOR_S,
  // A task is given back once. The second time, it goes to the dead letters, which are among the answers.
  retryLimit: 1,
  deadLetter: ANSWER_QUEUE,
}

const ANSWER_OPTIONS: Omit<Queue, 'name'> = { expireInSeconds: ANSWERS_TAKEN_FOR_S, retryLimit: 1_000 }

/** The data of a job in the queue of a region. */
interface TaskData {
  id: string
  task: string
}

/** The data of a job in the queue of answers: a message, or a task that was given back twice. */
type AnswerData = { message: string } | TaskData

/** A task for the queue. */
export interface QueuedTask {
  /** A UUID. */
  id: string
  /** The text of the task. */
  text: string
  /** The time limit of its probe. */
  timeoutMs: number
}

/** One delivery of a task to a prober; a later delivery of the same task has a higher count. */
export interface Claim {
  id: string
  retryCount: number
}

/** The content of the queue of answers. */
export interface TakenAnswers {
  messages: string[]
  /** The ids of tasks that were given back twice. */
  lost: string[]
  /** Identifies what was taken, for `removeAnswers`. */
  ids: string[]
}

/**
 * The queue between the engine and the probers. Each method rejects with DATABASE_UNAVAILABLE if the database
 * does not answer, and may then be called again: what is in the queue already is not entered twice.
 */
export class TaskQueue implements Closable {
  readonly #boss: PgBoss
  readonly #database: QueueDatabase

  private constructor(boss: PgBoss, database: QueueDatabase) {
    this.#boss = boss
    this.#database = database
  }

  /**
   * Opens the queue for the engine that works. Afterwards, there is a queue for each of the regions and for
   * no other, and all are empty: the tasks of a former engine end as soon as their probers notice.
   *
   * @throws RollcallError if the database cannot be used
   */
  static async openForEngine(
    database: QueueDatabase,
    { regions, log }: { regions: readonly string[]; log: Logger },
  ): Promise<TaskQueue> {
    const { name, exists } = await database.schema()
    const queue = TaskQueue.#over(database, { schema: name, log, settings: { createSchema: !exists } })
    return await queue.#opened(async () => {
      await queue.#boss.start()
      await queue.#prepare(regions)
      return queue
    })
  }

  /**
   * Opens the queue for a prober of these regions; null if no engine has prepared it yet.
   *
   * @throws RollcallError CONFLICT if the engine has another format of tasks, or does not know a region
   */
  static async openForProber(
    database: QueueDatabase,
    { regions, log }: { regions: readonly string[]; log: Logger },
  ): Promise<TaskQueue | null> {
    const { name } = await database.schema()
    const queue = TaskQueue.#over(database, { schema: name, log, settings: { migrate: false } })
    return await queue.#opened(async () => {
      if (!(await queue.#boss.isInstalled())) return null
      await queue.#boss.start().catch((failure: unknown) => {
        throw messageOf(failure).includes('requires migrations') ? anotherVersion() : failure
      })
      return (await queue.expectRegions(regions)) ? queue : null
    })
  }

  static #over(
    database: QueueDatabase,
    options: { schema: string; log: Logger; settings: { createSchema?: boolean; migrate?: boolean } },
  ): TaskQueue {
    const { schema, log, settings } = options
    const boss = new PgBoss({
      db: { executeSql: (sql, values) => database.executeSql(sql, values) },
      // In quotes, because the name of a schema may have any characters.
      schema: `"${schema}"`,
      schedule: false,
      supervise: false,
      registerInstance: false,
      monitorIntervalSeconds: 1,
      ...settings,
    })
    boss.on('error', (failure) =>
      log.warn({ event: 'queue.error' }, `the queue reports a failure: ${messageOf(failure)}`),
    )
    boss.on('warning', ({ message }) =>
      log.debug({ event: 'queue.warning' }, `the queue reports: ${message}`),
    )
    return new TaskQueue(boss, database)
  }

  /**
   * Returns whether an engine has prepared the queue.
   *
   * @throws RollcallError CONFLICT as `openForProber` does
   */
  async expectRegions(regions: readonly string[]): Promise<boolean> {
    const queues = await this.#call(() => this.#boss.getQueues())
    const names = new Set(queues.map(({ name }) => name))
    if (!names.has(ANSWER_QUEUE)) {
      if ([...names].some((name) => name.startsWith(ANSWERS))) throw anotherVersion()
      return false
    }
    const unknown = regions.find((region) => !names.has(taskQueueOf(region)))
    if (unknown === undefined) return true
    const known = [...names].flatMap((name) => regionOf(name) ?? [])
    throw new RollcallError(
      'CONFLICT',
      `The engine knows no region ${unknown}. Its regions are ${known.join(', ')}; name one of them, or ` +
        `add ${unknown} to "devices.region" in its configuration.`,
    )
  }

  /** Enters tasks. */
  async put(region: string, tasks: readonly QueuedTask[]): Promise<void> {
    const jobs = tasks.map(({ id, text, timeoutMs }) => ({
      id,
      data: { id, task: text } satisfies TaskData,
      expireInSeconds: Math.ceil(timeoutMs / 1_000) + OVERTIME_S,
    }))
    await this.#call(() => this.#boss.insert(taskQueueOf(region), jobs))
  }

  /** Removes tasks, answered or not. A prober that still probes ends that when it next keeps its tasks. */
  async drop(region: string, ids: readonly string[]): Promise<void> {
    if (ids.length > 0) await this.#call(() => this.#boss.deleteJob(taskQueueOf(region), [...ids]))
  }

  /** Takes up to `max` tasks. */
  async take(region: string, max: number): Promise<{ claim: Claim; text: string }[]> {
    const jobs = await this.#call(() => this.#boss.fetch<TaskData>(taskQueueOf(region), { batchSize: max }))
    return jobs.map(({ id, retryCount, data }) => ({ claim: { id, retryCount }, text: data.task }))
  }

  /** Keeps tasks from being given back, and returns the ids of those that are still this prober's. */
  async keep(region: string, claims: readonly Claim[]): Promise<ReadonlySet<string>> {
    if (claims.length === 0) return new Set()
    const affected = affectedBy(await this.#call(() => this.#boss.touch(taskQueueOf(region), [...claims])))
    if (affected === claims.length) return new Set(claims.map(({ id }) => id))
    if (affected === 0) return new Set()
    // The library tells how many they are, and not which.
    const half = claims.length >> 1
    const [first, second] = [claims.slice(0, half), claims.slice(half)]
    return new Set([...(await this.keep(region, first)), ...(await this.keep(region, second))])
  }

  /** Gives tasks back, so that another prober takes them at once. */
  async giveBack(region: string, claims: readonly Claim[]): Promise<void> {
    if (claims.length > 0) await this.#call(() => this.#boss.fail(taskQueueOf(region), [...claims]))
  }

  /** Sends a message with the answers to tasks. @param id a UUID; the same for each attempt */
  async answer(id: string, message: string): Promise<void> {
    await this.#call(() => this.#boss.insert(ANSWER_QUEUE, [{ id, data: { message } satisfies AnswerData }]))
  }

  /** Takes up to `max` messages and lost tasks. */
  async takeAnswers(max: number): Promise<TakenAnswers> {
    const jobs = await this.#call(() => this.#boss.fetch<AnswerData>(ANSWER_QUEUE, { batchSize: max }))
    return {
      messages: jobs.flatMap(({ data }) => ('message' in data ? data.message : [])),
      lost: jobs.flatMap(({ data }) => ('task' in data ? data.id : [])),
      ids: jobs.map(({ id }) => id),
    }
  }

  /** Removes what was taken. Until then, it may be delivered again. */
  async removeAnswers({ ids }: TakenAnswers): Promise<void> {
    if (ids.length > 0) await this.#call(() => this.#boss.deleteJob(ANSWER_QUEUE, ids))
  }

  /** Gives back the tasks of probers that have not kept them. */
  async supervise(): Promise<void> {
    await this.#call(() => this.#boss.supervise())
  }

  async close(): Promise<void> {
    await this.#boss.stop({ graceful: false })
  }

  async #prepare(regions: readonly string[]): Promise<void> {
    const taskQueues = regions.map(taskQueueOf)
    const wanted = new Set([ANSWER_QUEUE, ...taskQueues])
    // Queues of tasks first: they name the queue of answers.
    const found = (await this.#boss.getQueues())
      .map(({ name }) => name)
      .sort((one, other) => (one < other ? 1 : -1))
    for (const name of found) {
      if (!wanted.has(name)) await this.#boss.deleteQueue(name)
      else await this.#boss.deleteAllJobs(name)
    }
    // The queue of answers comes after those of all regions, because a prober takes it for the sign that they
    // are there. So they name it only afterwards.
    const { deadLetter: _, ...options } = TASK_OPTIONS
    for (const name of taskQueues) if (!found.includes(name)) await this.#boss.createQueue(name, options)
    if (found.includes(ANSWER_QUEUE)) await this.#boss.updateQueue(ANSWER_QUEUE, ANSWER_OPTIONS)
    else await this.#boss.createQueue(ANSWER_QUEUE, ANSWER_OPTIONS)
    for (const name of taskQueues) await this.#boss.updateQueue(name, TASK_OPTIONS)
  }

  /** Runs what opens the queue, and closes it unless that returns a queue. */
  async #opened<T extends TaskQueue | null>(open: () => Promise<T>): Promise<T> {
    let opened: T | null = null
    try {
      opened = await this.#call(open)
      return opened
    } finally {
      if (opened === null) await this.close()
    }
  }

  async #call<T>(work: () => Promise<T>): Promise<T> {
    try {
      return await work()
    } catch (failure) {
      throw this.#database.explain(failure)
    }
  }
}

/** Returns the number of jobs that a call has changed, which the types of the library leave out. */
function affectedBy(response: object): number {
  if ('affected' in response && typeof response.affected === 'number') return response.affected
  throw new Error('pg-boss does not tell how many jobs it has changed.')
}

function taskQueueOf(region: string): string {
  return `${TASKS}${TASK_FORMAT}/${region}`
}

/** Returns null if the name is not that of a queue of tasks in this format. */
function regionOf(queue: string): string | null {
  const prefix = taskQueueOf('')
  return queue.startsWith(prefix) ? queue.slice(prefix.length) : null
}

function anotherVersion(): RollcallError {
  return new RollcallError(
    'CONFLICT',
    `The engine is of another version of Rollcall, whose tasks this prober (version ${VERSION}, task ` +
      `format ${TASK_FORMAT}) does not understand. Run the same version on both.`,
  )
}
