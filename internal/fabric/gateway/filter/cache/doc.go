// Package cache is the gateway's shared HTTP cache (RFC 9111), as policies of
// the kind CachePolicy ask for it: what may be stored, how long it is fresh, how
// it is revalidated, and who may be answered with it.
//
// It keeps nothing itself: fabric/cache does. What a service sees of a request
// is in its key, so that no client can have an answer stored that others get
// for another request.
package cache
