package authn

import (
	"cmp"
	"net/http"
	"strings"

	"github.com/terrace-idp/terrace/internal/fabric/gateway/exchange"
)

// filter is a policy, ready to judge.
type filter struct {
	ways []way
	// required refuses who proves nothing.
	required bool
	// forward leaves the credential in the request.
	forward bool
	// certificates tells that one of the ways takes them.
	certificates bool
	headers      *headers
	// login is the way of people with browsers, nil for none.
	login *login
}

// way is one way of proving who calls.
type way interface {
	// begin fetches in the background what the way needs.
	begin()
	// identify returns who calls. Both nil: the request has no credential of this way.
	identify(x *exchange.Exchange) (*caller, *refusal)
	// strip takes the credential out of the request.
	strip(x *exchange.Exchange)
	// challenge says how to come again (RFC 9110 §11.6.1).
	challenge() string
}

// caller is who calls, with the headers that tell a service so.
type caller struct {
	identity *exchange.Identity
	headers  []header
	// cookies go back to the client.
	cookies []string
	// guard stands before what is behind the filter, nil for nothing.
	guard exchange.Filter
}

// refusal is why a credential does not hold. The words are the gateway's own.
type refusal struct {
	status int
	// code is that of RFC 6750 §3.1.
	code, detail string
	// bearer has the challenge say it.
	bearer bool
	// title and fix are set where the credential is known, but does not count.
	title, fix string
}

func refuse(detail string) *refusal {
	return &refusal{status: http.StatusUnauthorized, code: "invalid_token", detail: detail}
}

func (f *filter) wrap(next exchange.Handler) exchange.Handler {
	return func(x *exchange.Exchange) {
		f.headers.cleanse(&x.Request.Header)
		x.Body.Distrust(f.headers.has)
		if f.login != nil && f.login.serves(x) {
			return
		}
		for _, w := range f.ways {
			who, wrong := w.identify(x)
			switch {
			case wrong != nil:
				f.answer(x, wrong)
				return
			case who != nil:
				f.admit(x, w, who)
				if who.guard != nil {
					who.guard(next)(x)
				} else {
					next(x)
				}
				renew(x, who.cookies)
				return
			}
		}
		if f.required {
			f.ask(x)
			return
		}
		f.offer(x)
		f.bare(x)
		next(x)
	}
}

// ask answers who has shown nothing: people with browsers are sent to sign in, others are
// told how to come again.
func (f *filter) ask(x *exchange.Exchange) {
	switch {
	case f.login != nil && navigates(x):
		f.login.send(x, local(x.Target), f.login.tooMany(x))
	case f.certificates && misdirected(x):
		x.Refuse(KindName, http.StatusMisdirectedRequest, "Misdirected request",
			"This connection was opened for another host: a certificate of the client counts on one for "+x.Host+" alone.", "")
		if x.Proto == 1 {
			x.Response.SetConnectionClose()
		}
	default:
		f.answer(x, nil)
	}
}

// offer lets those behind ask who calls, as ask does. What it needs of the cookies is read
// now, for they go no further; the target is as the client asked.
func (f *filter) offer(x *exchange.Exchange) {
	if f.login == nil || !navigates(x) {
		x.SignIn = f.ask
		return
	}
	back, old := local(x.Target), f.login.tooMany(x)
	x.SignIn = func(x *exchange.Exchange) { f.login.send(x, back, old) }
}

// bare takes the cookies of sessions out of a request.
func (f *filter) bare(x *exchange.Exchange) {
	if f.login != nil {
		f.login.strip(x)
	}
}

// renew adds cookies to the service's answer, which is for this client alone then.
func renew(x *exchange.Exchange, cookies []string) {
	if len(cookies) == 0 {
		return
	}
	for _, c := range cookies {
		x.Response.Header.Add("Set-Cookie", c)
	}
	x.Response.Header.Set("Cache-Control", "private, no-cache")
}

// admit tells those behind who calls.
func (f *filter) admit(x *exchange.Exchange, w way, who *caller) {
	x.Facts.Identity, x.Facts.Consumer = who.identity, who.identity.Consumer
	if !f.forward {
		w.strip(x)
	}
	f.bare(x)
	for _, h := range who.headers {
		x.Request.Header.Set(h.name, h.value)
	}
}

// answer refuses a request: with nothing that proves anything, where wrong is nil.
func (f *filter) answer(x *exchange.Exchange, wrong *refusal) {
	title, status, detail, fix := "Not signed in", http.StatusUnauthorized, "This route wants to know who calls.", ""
	if wrong != nil {
		title, status, detail, fix = cmp.Or(wrong.title, "Credential refused"), wrong.status, wrong.detail, wrong.fix
	}
	if status == http.StatusServiceUnavailable {
		x.Unavailable(KindName, 5, "Sign-in not possible", detail, "")
		return
	}
	x.Refuse(KindName, status, title, detail, fix)
	if status == http.StatusForbidden { // who calls is known: coming again with it helps nothing
		return
	}
	for _, w := range f.ways {
		challenge := w.challenge()
		if wrong != nil && strings.HasPrefix(challenge, "Bearer ") {
			if !wrong.bearer {
				continue
			}
			challenge += `, error="` + wrong.code + `", error_description="` + wrong.detail + `"`
		}
		x.Response.Header.Add("WWW-Authenticate", challenge)
	}
}
