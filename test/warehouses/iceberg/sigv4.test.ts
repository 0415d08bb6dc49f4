import assert from 'node:assert/strict'
import { test } from 'node:test'
import { signedHeaders } from '../../../src/warehouses/iceberg/sigv4.ts'

/** The keys and the time of AWS's published test suite for Signature Version 4. */
const REQUEST = {
  service: 'service',
  region: 'us-east-1',
  keys: { keyId: 'AKIDEXAMPLE', secret: 'wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY' },
  now: new Date('2015-08-30T12:36:00Z'),
}

test('signs as the test suite of AWS does', () => {
  const signatures = {
    'https://example.amazonaws.com/':
      '5fa00fa31553b73ebf1942676e86291e8372ff2a2260956d9b8aae1d763fbf31',
    'https://example.amazonaws.com/?Param2=value2&Param1=value1':
      'b97d918cfa904a5beff61c982a1b6f458b799221646efd99d3219ec94cdf2500',
  }
  for (const [url, signature] of Object.entries(signatures)) {
    assert.deepEqual(signedHeaders({ ...REQUEST, url: new URL(url) }), {
      host: 'example.amazonaws.com',
      'x-amz-date': '20150830T123600Z',
      authorization: `AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE/20150830/us-east-1/service/aws4_request, SignedHeaders=host;x-amz-date, Signature=${signature}`,
    })
  }
})

test('signs the token of temporary keys', () => {
  const keys = { ...REQUEST.keys, sessionToken: 'temporary' }
  const headers = signedHeaders({ ...REQUEST, keys, url: new URL('https://h/') })
  assert.equal(headers['x-amz-security-token'], 'temporary')
  assert.match(
    headers['authorization'] ?? '',
    /SignedHeaders=host;x-amz-date;x-amz-security-token,/,
  )
})
