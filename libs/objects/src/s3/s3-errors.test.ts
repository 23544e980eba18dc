import { describe, expect, it } from 'vitest'
import { isTransient, toObjectError } from './s3-errors.ts'

const s3Error = (code: string) => Object.assign(new Error('said the server'), { name: 'S3Error', code })

describe('what a request failed with', () => {
  it.each([
    ['AccessDenied', 'BAD_CONFIG', false], ['SignatureDoesNotMatch', 'BAD_CONFIG', false], ['InvalidAccessKeyId', 'BAD_CONFIG', false],
    ['NoSuchKey', 'OBJECT_NOT_FOUND', false], ['EntityTooLarge', 'STORE_REJECTED', false], ['NoSuchBucket', 'STORE_UNAVAILABLE', false],
    ['XMinioStorageFull', 'STORE_UNAVAILABLE', false], ['SlowDown', 'STORE_UNAVAILABLE', true], ['InternalError', 'STORE_UNAVAILABLE', true],
    ['XMinioServerNotInitialized', 'STORE_UNAVAILABLE', true],
  ])('%s becomes %s, tried again: %s', (code, expected, again) => {
    const error = s3Error(code)
    expect(toObjectError(error, "put 'a'")).toMatchObject({ code: expected, message: `the object store could not put 'a': ${code}: said the server` })
    expect(isTransient(error)).toBe(again)
  })

  it('no answer at all may pass', () => {
    const error = Object.assign(new Error(''), { code: 'ECONNREFUSED' })
    expect(isTransient(error)).toBe(true)
    expect(toObjectError(error, 'open it')).toMatchObject({ code: 'STORE_UNAVAILABLE', message: 'the object store could not open it: ECONNREFUSED' })
  })
})
