package exchange

import (
	"net/http"
	"strings"

	"github.com/terrace-idp/terrace/internal/fabric/gateway/route"
)

// locate reads what is asked for, in one form for everybody that judges it
// (RFC 9112 §3.2, RFC 3986 §6.2.2). What can be read in two ways is refused.
func (x *Exchange) locate() bool {
	h := &x.Request.Header
	if x.Proto == 1 {
		if f := strict(h); f != nil {
			x.turnAway(f.reason, f.status, f.title, f.detail)
			return false
		}
	}
	if len(h.RequestURI()) > maxTarget {
		x.turnAway(TargetTooLong, http.StatusRequestURITooLong, "Address too long", "The request's target is longer than the gateway takes.")
		return false
	}
	target, host := string(h.RequestURI()), string(h.Host())
	if h.IsConnect() {
		x.turnAway(Tunnel, http.StatusMethodNotAllowed, "No tunnels", "The gateway is not a forward proxy.")
		return false
	} else if target == "*" && h.IsOptions() {
		x.Host, x.Path, x.Target = CanonicalHost(host), "*", target
		return x.named()
	}
	if target == "" || target[0] != '/' {
		authority, rest, ok := absolute(target)
		if !ok || !strings.EqualFold(authority, host) {
			x.reject(Ambiguous, "The request target and its Host header do not name one place.")
			return false
		}
		target = rest
	}
	path, query, hasQuery := strings.Cut(target, "?")
	clean, wire, ok := normalize(path)
	if !ok {
		x.reject(Ambiguous, "The path can be read in two ways, or is not encoded as it should be.")
		return false
	}
	x.Host, x.Path, x.Target = CanonicalHost(host), clean, target
	if wire != path {
		if x.Target = wire; hasQuery {
			x.Target += "?" + query
		}
	}
	return x.named()
}

func (x *Exchange) named() bool {
	if !validHost(x.Host) {
		x.reject(Malformed, "The request names no host, or none that can be.")
		return false
	}
	return true
}

// reject answers 400 and closes the connection: what follows on it cannot be
// told apart either.
func (x *Exchange) reject(reason Reason, detail string) {
	x.turnAway(reason, http.StatusBadRequest, "Request not understood", detail)
}

// absolute splits a target in absolute form.
func absolute(target string) (authority, rest string, ok bool) {
	scheme, after, ok := strings.Cut(target, "://")
	if !ok || !strings.EqualFold(scheme, "http") && !strings.EqualFold(scheme, "https") {
		return "", "", false
	}
	i := strings.IndexAny(after, "/?")
	switch {
	case i < 0:
		authority, rest = after, "/"
	case after[i] == '?':
		authority, rest = after[:i], "/"+after[i:]
	default:
		authority, rest = after[:i], after[i:]
	}
	return authority, rest, authority != "" && !strings.Contains(authority, "@")
}

// CanonicalHost is route.CanonicalHost, for what knows no routes.
func CanonicalHost(host string) string { return route.CanonicalHost(host) }

// validHost tells that a name can be a host: labels of letters, digits, hyphens
// and underscores, or an address in brackets.
func validHost(host string) bool {
	if host == "" || len(host) > 253 {
		return false
	}
	if host[0] == '[' {
		return len(host) > 2 && host[len(host)-1] == ']' && strings.Trim(host[1:len(host)-1], "0123456789abcdef:.") == ""
	}
	for i := range len(host) {
		if c := host[i]; (c < 'a' || c > 'z') && (c < '0' || c > '9') && c != '-' && c != '_' && c != '.' {
			return false
		}
	}
	return host[0] != '.' && !strings.Contains(host, "..")
}
