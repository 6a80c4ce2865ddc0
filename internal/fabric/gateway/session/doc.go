// Package session keeps a client with the backend and the instance that answered it first
// (the Gateway API's session persistence, GEP-1619): by a cookie that names both in digests,
// and by the keys that all replicas of the gateway make digests with.
//
// It owns the form of the cookie and the life of its keys. Which backends and instances there
// are, and which of them may be asked, is the proxy's to say.
package session
