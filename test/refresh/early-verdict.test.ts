import { expect, it } from 'vitest'
import { useTwelve } from './support/twelve.ts'

const twelve = useTwelve()

it('records a report before the connection is closed, which keeps its slot until then', async () => {
  const closed = Promise.withResolvers<void>()
  let begun = 0
  const { store, service } = await twelve.service({
    throttle: { concurrency: 1 },
    probe: async (task, signal, _device, onVerdict) => {
      begun += 1
      const report = await twelve.patientProbe(task, signal)
      onVerdict(report)
      await closed.promise
      return { ...report, message: 'another report' }
    },
  })
  const { refresh } = await service.request(twelve.refreshRequest())
  await twelve.eventOf(service, (event) => event.kind === 'results')
  expect(begun).toBe(1)
  expect(await twelve.probesOf(store, refresh.id)).toHaveLength(1)

  closed.resolve()
  expect(await service.ended(refresh)).toMatchObject({ state: 'COMPLETED', total: 12 })
  await twelve.expectOneResultEach(store, refresh.id)
  const messages = (await twelve.probesOf(store, refresh.id)).map(({ message }) => message)
  expect(messages).not.toContain('another report')
})
