import { describe, expect, it } from 'vitest'
import { SshLogin } from '../../../src/netconf/ssh/login.ts'

const CREDENTIAL = { username: 'netops', password: 'correct horse' }

interface Question {
  prompt: string
  echo?: boolean
}

/** Logs in by answering rounds of questions; returns the answers, and why there are no more. */
function answerRounds(
  rounds: Question[][],
  instructions = '',
): { answers: string[][]; refusal: string | null } {
  const answers: string[][] = []
  let refusal: string | null = null
  const login = new SshLogin(CREDENTIAL, { key: null, agent: null }, (message) => {
    refusal ??= message
  })
  login.next(null, false)
  const step = login.next(['keyboard-interactive'], false)
  if (step?.type !== 'keyboard-interactive') throw new Error('no questions')
  for (const questions of rounds) {
    step.prompt('', instructions, '', questions, (given) => answers.push(given))
    if (refusal !== null) break
  }
  if (refusal === null) login.next(['keyboard-interactive'], false)
  return { answers, refusal }
}

describe('questions that are not for the password', () => {
  const password = { prompt: 'Password: ' }

  it.each([
    ['a new password', [[password], [{ prompt: 'New password: ' }], [{ prompt: 'Retype new password: ' }]]],
    [
      'the old one and a new one at once',
      [[password], [{ prompt: 'Old Password: ' }, { prompt: 'New Password: ' }]],
    ],
  ])('sends no password when asked for %s', (_, rounds) => {
    expect(answerRounds(rounds)).toEqual({
      answers: [['correct horse']],
      refusal: 'The device wants a new password for user netops; change it there.',
    })
  })

  it.each([
    ['afterwards', [[password], [{ prompt: 'Verification code: ' }]], [['correct horse']]],
    ['in the same round', [[password, { prompt: 'Enter PASSCODE:' }]], []],
  ])('sends no password for a one-time code that is asked for %s', (_, rounds, answers) => {
    expect(answerRounds(rounds)).toEqual({
      answers,
      refusal: expect.stringMatching(
        /^The device took the password of user netops and wants more \("(Verification code|Enter PASSCODE):"\)/,
      ),
    })
  })

  it.each(['TACACS Password: ', 'Response: ', 'Kennwort:'])(
    'answers %j if it is the first question',
    (prompt) => {
      expect(answerRounds([[{ prompt }]]).answers).toEqual([['correct horse']])
    },
  )

  it('answers a second password that has another name', () => {
    expect(answerRounds([[password], [{ prompt: 'LDAP Password: ' }]]).answers).toEqual([
      ['correct horse'],
      ['correct horse'],
    ])
  })
})

describe("the device's message about a rejected login", () => {
  const ALREADY_LOCKED = 'The account is locked due to 3 failed logins.'

  it.each([
    ['before its question', '', `${ALREADY_LOCKED}\nPassword: `],
    ['as an instruction', ALREADY_LOCKED, 'Password: '],
  ])('is reported if it comes %s', (_, instructions, prompt) => {
    expect(answerRounds([[{ prompt }]], instructions).refusal).toBe(
      'The device rejected the password and the answers to its questions for user netops and said ' +
        `"${ALREADY_LOCKED}"; it accepts keyboard-interactive; check the credential.`,
    )
  })

  it('is reported if it comes as a banner', () => {
    const refusals: string[] = []
    const login = new SshLogin(CREDENTIAL, { key: null, agent: null }, (message) => refusals.push(message))
    login.next(null, false)
    login.noteMessage('Your account is locked\r\nuntil 12:00.\r\n')
    login.next([], false)
    expect(refusals).toEqual([
      'The device rejected the password for user netops and said "Your account is locked until 12:00."; ' +
        'check the credential.',
    ])
  })
})

describe('an accepted login that is not sufficient', () => {
  it('is not reported as rejected', () => {
    const refusals: string[] = []
    const login = new SshLogin(CREDENTIAL, { key: null, agent: null }, (message) => refusals.push(message))
    login.next(null, false)
    login.next(['keyboard-interactive'], true)
    expect(refusals).toEqual([
      'The device took the password of user netops and wants more (keyboard-interactive); ' +
        'use an account that needs no second factor.',
    ])
  })

  it('leads to a report of the method that was rejected after it', () => {
    const refusals: string[] = []
    const login = new SshLogin(
      { ...CREDENTIAL, privateKey: 'key' },
      { key: { key: true }, agent: null },
      (message) => refusals.push(message),
    )
    login.next(null, false)
    login.next(['password'], true)
    login.next(['password'], false)
    expect(refusals).toEqual([
      'The device rejected the password for user netops; it accepts password; check the credential.',
    ])
  })
})
