import { describe, expect, it } from 'vitest'
import { parseCommand } from './arguments.ts'
import { withNeeds } from './catalog.ts'
import { withDependents } from './down.ts'
import { exports, table } from './status.ts'

describe('arguments', () => {
  it('names servers in the order of starting, and all but kubernetes without names', () => {
    expect(parseCommand(['up', 'postgres', 'kafka'])).toMatchObject({ command: 'up', servers: ['kafka', 'postgres'], kubernetes: false })
    expect(parseCommand(['up'])).toMatchObject({ servers: ['kafka', 'minio', 'influxdb', 'postgres', 'mlflow', 'keycloak'], kubernetes: false })
    expect(parseCommand(['down'])).toMatchObject({ kubernetes: true })
    expect(parseCommand(['up', 'kubernetes'])).toMatchObject({ servers: [], kubernetes: true })
  })

  it.each([
    [['start'], /'start' is not a command; there are up, down/],
    [['up', 'mysql'], /'mysql' is not a server; there are kafka, minio/],
    [['up', 'kafka', '--kafka', 'ssl'], /--kafka takes plain, scram, tls/],
    [['up', '--prot', '1'], /--prot/],
  ])('refuses %j with what there is', (args, message) => {
    expect(() => parseCommand(args)).toThrow(message)
  })
})

it('starts what a server needs before it, and stops before it what needs it', () => {
  expect(withNeeds(['mlflow'])).toEqual(['postgres', 'mlflow'])
  expect(withNeeds(['minio'])).toEqual(['minio'])
  expect(withDependents(['postgres'])).toEqual(['postgres', 'mlflow'])
  expect(withDependents(['mlflow'])).toEqual(['mlflow'])
})

it('writes variables that a shell reads as they are', () => {
  expect(exports({ A: "it's $HOME", B: '2' })).toBe("export A='it'\\''s $HOME'\nexport B='2'\n")
})

it('aligns columns', () => {
  expect(table([{ server: 'kafka', pid: '1' }, { server: 'x', pid: '23456' }])).toBe('server  pid\nkafka   1\nx       23456\n')
})
