// Package cors is the kind CorsPolicy: which other origins' pages may read a
// route's answers (Fetch standard, §3.2).
//
// It owns the answers to preflights and the headers Access-Control-*; those of
// a service behind it do not reach the client. It protects nothing by itself:
// requests of pages that may not read the answer are still served.
package cors

import (
	"bytes"
	"context"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/valyala/fasthttp"

	"github.com/terrace-idp/terrace/internal/fabric/gateway"
	"github.com/terrace-idp/terrace/internal/fabric/gateway/exchange"
	"github.com/terrace-idp/terrace/internal/fabric/gateway/filter/spec"
	"github.com/terrace-idp/terrace/internal/fabric/gateway/route"
	"github.com/terrace-idp/terrace/internal/kernel"
)

// KindName is the kind's name.
const KindName = "CorsPolicy"

// document is the spec of a CorsPolicy.
type document struct {
	// Origins are exact ones, patterns such as https://*.example.com, or *.
	Origins []string `json:"origins"`
	// Methods are those that a preflight is told of; * is any.
	Methods []string `json:"methods,omitempty"`
	// Headers are those that a request may have besides the safe ones; * is any.
	Headers []string `json:"headers,omitempty"`
	// ExposeHeaders are those of an answer that scripts may read.
	ExposeHeaders []string `json:"exposeHeaders,omitempty"`
	// Credentials lets cookies and the like be sent.
	Credentials bool `json:"credentials,omitempty"`
	// MaxAge is how long a browser may keep the answer to a preflight.
	MaxAge kernel.Duration `json:"maxAge,omitempty"`
}

// Kind is the kind CorsPolicy.
type Kind struct{}

// New returns the kind.
func New() *Kind { return &Kind{} }

// Name implements gateway.Kind.
func (*Kind) Name() string { return KindName }

// Spec implements gateway.Specified.
func (*Kind) Spec() any { return document{} }

// Compile implements gateway.Kind.
func (*Kind) Compile(_ context.Context, p gateway.Policy, _ gateway.Attachment) (exchange.Filter, error) {
	d := document{Methods: []string{"GET", "HEAD", "POST"}, MaxAge: kernel.Duration(5 * time.Second)}
	r := spec.Read(p.Spec, &d)
	f := &filter{credentials: d.Credentials, maxAge: strconv.Itoa(int(time.Duration(d.MaxAge).Seconds()))}
	f.origins = readOrigins(r, d)
	check(r, d)
	if err := r.Err(KindName, p.Name); err != nil {
		return nil, err
	}
	f.methods, f.headers = newNames(d.Methods, false), newNames(d.Headers, true)
	f.expose = strings.Join(d.ExposeHeaders, ", ")
	return f.filter, nil
}

func check(r *spec.Reader, d document) {
	for _, l := range []struct {
		path  string
		names []string
	}{{"methods", d.Methods}, {"headers", d.Headers}, {"exposeHeaders", d.ExposeHeaders}} {
		if len(l.names) > 64 {
			r.Add(l.path, "", "more than 64 names")
		}
		for i, name := range l.names {
			if !route.Token(name) {
				r.Add(l.path+"["+strconv.Itoa(i)+"]", "", "%q cannot be a name", name)
			}
		}
	}
	if d.Credentials && slices.Contains(d.ExposeHeaders, "*") {
		r.Add("exposeHeaders", "name the headers", "with credentials browsers read * as the name of a header")
	}
	if age := time.Duration(d.MaxAge); age < 0 || age > 24*time.Hour {
		r.Add("maxAge", "use 0s to 24h", "%s is out of bounds", age)
	}
}

// names are methods or headers that are allowed.
type names struct {
	any bool
	// lower tells that case does not count.
	lower bool
	list  map[string]struct{}
	text  string
}

func newNames(list []string, lower bool) *names {
	n := &names{any: slices.Contains(list, "*"), lower: lower, list: map[string]struct{}{}, text: strings.Join(list, ", ")}
	for _, name := range list {
		if lower {
			name = strings.ToLower(name)
		}
		n.list[name] = struct{}{}
	}
	return n
}

func (n *names) has(name []byte) bool {
	if n.lower {
		name = bytes.ToLower(name)
	}
	if n.any && len(name) < 256 {
		return route.Token(string(name))
	}
	_, ok := n.list[string(name)]
	return ok
}

type filter struct {
	origins          *origins
	methods, headers *names
	expose, maxAge   string
	credentials      bool
}

func (f *filter) filter(next exchange.Handler) exchange.Handler {
	return func(x *exchange.Exchange) {
		h := &x.Request.Header
		origin := h.Peek("Origin")
		if method := h.Peek("Access-Control-Request-Method"); len(origin) > 0 && len(method) > 0 && h.IsOptions() {
			f.preflight(x, origin, method)
			return
		}
		asked := string(origin) // the answer may be written over the request's buffers
		next(x)
		f.answer(&x.Response.Header, asked)
	}
}

// preflight answers in place of the service.
func (f *filter) preflight(x *exchange.Exchange, origin, method []byte) {
	asked := x.Request.Header.Peek("Access-Control-Request-Headers")
	h := &x.Response.Header
	switch {
	case !f.origins.has(string(origin)):
		x.Refuse(KindName, http.StatusForbidden, "Origin not allowed", "Pages of this origin may not read what this route answers.", "")
	case !f.methods.has(method):
		x.Refuse(KindName, http.StatusForbidden, "Method not allowed", "Pages of other origins may not use this method.", "")
	case !f.allowed(asked):
		x.Refuse(KindName, http.StatusForbidden, "Header not allowed", "Pages of other origins may not send one of these headers.", "")
	default:
		x.Facts.By = KindName
		x.Response.SetStatusCode(http.StatusNoContent)
		f.origin(h, string(origin))
		f.list(h, "Access-Control-Allow-Methods", f.methods, method)
		if len(asked) > 0 {
			f.list(h, "Access-Control-Allow-Headers", f.headers, asked)
		}
		h.Set("Access-Control-Max-Age", f.maxAge)
	}
	h.Add("Vary", "Origin, Access-Control-Request-Method, Access-Control-Request-Headers")
}

// list says what is allowed, by name where any is: with credentials * means itself.
func (f *filter) list(h *fasthttp.ResponseHeader, name string, n *names, asked []byte) {
	if n.any {
		h.SetBytesV(name, asked)
		return
	}
	h.Set(name, n.text)
}

func (f *filter) allowed(asked []byte) bool {
	count := 0
	for name := range bytes.SplitSeq(asked, []byte(",")) {
		name = bytes.TrimSpace(name)
		if count++; count > 64 || len(name) > 0 && !f.headers.has(name) {
			return false
		}
	}
	return true
}

// answer puts the policy's headers in place of the service's.
func (f *filter) answer(h *fasthttp.ResponseHeader, origin string) {
	var own []string
	for name := range h.All() {
		if len(name) > 15 && strings.EqualFold(string(name[:15]), "access-control-") {
			own = append(own, string(name))
		}
	}
	for _, name := range own {
		h.Del(name)
	}
	if !f.origins.any {
		vary(h)
	}
	if origin == "" || !f.origins.has(origin) {
		return
	}
	f.origin(h, origin)
	if f.expose != "" {
		h.Set("Access-Control-Expose-Headers", f.expose)
	}
}

func (f *filter) origin(h *fasthttp.ResponseHeader, origin string) {
	if f.origins.any {
		origin = "*"
	}
	h.Set("Access-Control-Allow-Origin", origin)
	if f.credentials {
		h.Set("Access-Control-Allow-Credentials", "true")
	}
}

// vary tells caches that the answer depends on the origin (RFC 9110 §12.5.5).
func vary(h *fasthttp.ResponseHeader) {
	for _, line := range h.PeekAll("Vary") {
		for name := range bytes.SplitSeq(line, []byte(",")) {
			if name = bytes.TrimSpace(name); bytes.EqualFold(name, []byte("origin")) || string(name) == "*" {
				return
			}
		}
	}
	h.Add("Vary", "Origin")
}
