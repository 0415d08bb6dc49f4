/** Whether a URL may carry secrets: over TLS, or to this machine. */

/** Exactly the loopback names and addresses, without or with the brackets of a URL. */
export function isLoopbackHost(host: string): boolean {
  return /^(localhost|127(\.\d{1,3}){3}|::1|\[::1\])$/.test(host)
}

/** True for https, and for http to a loopback address. */
export function isSafeUrl({ protocol, hostname }: URL): boolean {
  return protocol === 'https:' || (protocol === 'http:' && isLoopbackHost(hostname))
}
