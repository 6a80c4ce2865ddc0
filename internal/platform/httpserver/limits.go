package httpserver

import (
	"context"
	"net/http"
	"net/netip"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/terrace-idp/terrace/internal/kernel"
)

// Limits bounds how much is asked. Its answers come from memory, for there is one to
// each request.
type Limits interface {
	// Request takes a request of somebody who is signed in.
	Request(a kernel.Actor) Allowance
	// Stranger takes a request that carries no credentials, by where it came from.
	Stranger(address netip.Addr) Allowance
	// Stream takes a place for an answer that goes on; done gives it back.
	Stream(a kernel.Actor) (done func(), err error)
}

// Allowance is what is left of a limit. The zero value is no limit.
type Allowance struct {
	// Policy names the limit, "" for none: Limit requests in a Window, of which Burst
	// may come at once.
	Policy string
	Limit  int64
	Window time.Duration
	Burst  int64
	// Remaining is how many more may come at once, and Reset when that is all of Burst again.
	Remaining int64
	Reset     time.Duration
	// Retry is when the next one may come, for one that may not.
	Retry time.Duration
	// Err is why the request is refused, nil for one that is taken.
	Err *kernel.Error
}

// OK reports whether the request is taken.
func (a Allowance) OK() bool { return a.Retry == 0 && a.Err == nil }

// tell writes what is left of the limit (draft-ietf-httpapi-ratelimit-headers, RateLimit
// and RateLimit-Policy).
func (a Allowance) tell(h http.Header) {
	if a.Policy == "" {
		return
	}
	name := `"` + a.Policy + `"`
	h["Ratelimit-Policy"] = []string{name + ";q=" + strconv.FormatInt(a.Limit, 10) + ";w=" + wholeSeconds(a.Window)}
	h["Ratelimit"] = []string{name + ";r=" + strconv.FormatInt(a.Remaining, 10) + ";t=" + wholeSeconds(a.Reset)}
}

// wholeSeconds rounds up: who comes again by it is not too early.
func wholeSeconds(d time.Duration) string {
	return strconv.FormatInt(int64((d+time.Second-1)/time.Second), 10)
}

// Admit takes the request of ctx as one of the actor's, whom who calls has made of
// its credentials: logs and refusals name them from now on. The error is Limited. What is
// left is told in the headers of w, which may be nil.
func Admit(ctx context.Context, w http.ResponseWriter, actor kernel.Actor) error {
	rec := recordOf(ctx)
	if rec == nil {
		return nil
	}
	rec.setActor(actor)
	if rec.limits == nil {
		return nil
	}
	a := rec.limits.Request(actor)
	if w != nil {
		a.tell(w.Header())
	}
	if a.Err != nil {
		return a.Err
	}
	return nil
}

// limitStrangers takes requests whose credentials nobody looks at by where they came from. What
// probes ask passes, and webhooks, which have a limit of their own, since many
// repositories' come from one address.
func limitStrangers(limits Limits) func(http.Handler) http.Handler {
	return func(next http.Handler) http.Handler {
		if limits == nil {
			return next
		}
		return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			if isStranger(r) {
				a := limits.Stranger(callerOf(r))
				a.tell(w.Header())
				if a.Err != nil {
					WriteError(w, r, a.Err)
					return
				}
			}
			next.ServeHTTP(w, r)
		})
	}
}

// callerOf is where a request came from; those of tests have none.
func callerOf(r *http.Request) netip.Addr {
	address, _ := netip.ParseAddr(kernel.AddressFrom(r.Context()))
	return address
}

// Guessed has a token that stands for nobody count as a request without one: err is
// what it is refused with, unless too many came. Whoever looks at credentials of its own
// asks it.
func Guessed(r *http.Request, err error) error {
	if !kernel.Is(err, kernel.Unauthenticated) {
		return err
	}
	if limited := stranger(r); limited != nil {
		return limited
	}
	return err
}

// stranger takes a request as one of nobody. The error is Limited.
func stranger(r *http.Request) error {
	rec := recordOf(r.Context())
	if rec == nil || rec.limits == nil {
		return nil
	}
	if a := rec.limits.Stranger(callerOf(r)); a.Err != nil {
		return a.Err
	}
	return nil
}

// ownPaths are those below which handlers look at credentials of their own: basic
// authentication, or Vault's head. Anywhere else such a head says nothing of who calls.
func ownPaths(r *http.Request) []string {
	var paths []string
	if _, _, ok := r.BasicAuth(); ok {
		paths = append(paths, "/git/", "/runs/", "/state/", "/fleet/")
	}
	if r.Header.Get("X-Vault-Token") != "" {
		paths = append(paths, "/v1/secret/", "/v1/auth/", "/v1/sys/internal/", "/v1/sys/mounts")
	}
	return paths
}

func isStranger(r *http.Request) bool {
	_, isBearer := bearer(r)
	below := func(path string) bool { return strings.HasPrefix(r.URL.Path, path) }
	switch {
	case isBearer:
		return false // it is looked at next
	case slices.ContainsFunc(ownPaths(r), below):
		return false
	case r.URL.Path == "/healthz" || r.URL.Path == "/readyz" || r.URL.Path == "/metrics":
		return false
	default:
		return !strings.HasPrefix(r.URL.Path, "/hooks/")
	}
}

// streams takes a place for the answer of ctx's request, which goes on.
func streams(ctx context.Context) (done func(), err error) {
	rec := recordOf(ctx)
	if rec == nil || rec.limits == nil {
		return func() {}, nil
	}
	actor, _ := rec.read()
	return rec.limits.Stream(actor)
}
