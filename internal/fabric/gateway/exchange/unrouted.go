package exchange

import (
	"net"
	"time"
)

// Unrouted is a request, or a connection, that ended before a route was found for it.
type Unrouted struct {
	Reason Reason
	// At is when it ended; Client is the address of the connection, and no proxy's word.
	At     time.Time
	Client net.Addr
	// Secure tells that the connection was for TLS. Proto is 0 where nobody knows yet.
	Secure bool
	Proto  int
	// Status is that of the answer, 0 where none was given.
	Status int
	// Method and Host are as far as they could be read; Host is the name that was asked
	// for in the handshake (SNI) where there is no request.
	Method, Host string
}

// Reason is why something ended before a route was found.
type Reason string

// The reasons.
const (
	// Of requests that are answered.
	Malformed     Reason = "malformed"
	Ambiguous     Reason = "ambiguous"
	HeadTooLarge  Reason = "head_too_large"
	HeadTooSlow   Reason = "head_too_slow"
	TargetTooLong Reason = "target_too_long"
	BadVersion    Reason = "bad_version"
	Tunnel        Reason = "tunnel"
	UnknownHost   Reason = "unknown_host"
	NoRoute       Reason = "no_route"
	// Of connections of HTTP/2 that are closed.
	Flood    Reason = "flood"
	Protocol Reason = "protocol"
	// Of handshakes.
	TLSName    Reason = "tls_name"
	TLSPlain   Reason = "tls_plain"
	TLSVersion Reason = "tls_version"
	TLSTimeout Reason = "tls_timeout"
	TLSFailed  Reason = "tls_failed"
)

// Reasons returns all of them, in the order of documents.
func Reasons() []Reason {
	return []Reason{
		Malformed, Ambiguous, HeadTooLarge, HeadTooSlow, TargetTooLong, BadVersion, Tunnel, UnknownHost, NoRoute, Flood, Protocol,
		TLSName, TLSPlain, TLSVersion, TLSTimeout, TLSFailed,
	}
}

// Unrouted tells of an exchange that no route was found for; Reason is empty where one was.
func (x *Exchange) Unrouted() Unrouted {
	u := Unrouted{
		Reason: x.Facts.Unrouted, At: time.Now(), Client: x.Client, Secure: x.Secure(), Proto: x.Proto,
		Status: x.Response.StatusCode(), Method: string(x.Request.Header.Method()),
	}
	if validHost(x.Host) {
		u.Host = x.Host
	}
	return u
}

// turnAway refuses before a route is looked for.
func (x *Exchange) turnAway(reason Reason, status int, title, detail string) {
	x.Refuse("gateway", status, title, detail, "")
	x.Facts.Unrouted = reason
	x.Response.SetConnectionClose()
}
