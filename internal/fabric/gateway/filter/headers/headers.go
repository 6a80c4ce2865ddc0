// Package headers is the kind HeaderPolicy: the security headers of a route's
// answers, and headers that are set, added or removed on the way.
//
// It owns what a header may be. Changes that belong to one rule of a route are
// the route's.
package headers

import (
	"context"
	"fmt"
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
const KindName = "HeaderPolicy"

const (
	maxChanges = 64
	maxValue   = 8 << 10
	maxAge     = 10 * 366 * 24 * time.Hour
	// preloadAge is what browsers' lists ask for.
	preloadAge = 365 * 24 * time.Hour
)

// document is the spec of a HeaderPolicy.
type document struct {
	StrictTransport *strictTransport `json:"strictTransportSecurity,omitempty"`
	// ContentSecurity is a policy as CSP Level 3 has it; ReportOnly only has violations told.
	ContentSecurity   string            `json:"contentSecurityPolicy,omitempty"`
	ReportOnly        string            `json:"contentSecurityPolicyReportOnly,omitempty"`
	FrameOptions      string            `json:"frameOptions,omitempty" enum:"DENY,SAMEORIGIN"`
	ReferrerPolicy    []string          `json:"referrerPolicy,omitempty" enum:"no-referrer,no-referrer-when-downgrade,same-origin,origin,strict-origin,origin-when-cross-origin,strict-origin-when-cross-origin,unsafe-url"`
	PermissionsPolicy map[string]string `json:"permissionsPolicy,omitempty"`
	NoSniff           bool              `json:"noSniff,omitempty"`
	OpenerPolicy      string            `json:"crossOriginOpenerPolicy,omitempty" enum:"same-origin,same-origin-allow-popups,noopener-allow-popups,unsafe-none"`
	EmbedderPolicy    string            `json:"crossOriginEmbedderPolicy,omitempty" enum:"require-corp,credentialless,unsafe-none"`
	ResourcePolicy    string            `json:"crossOriginResourcePolicy,omitempty" enum:"same-origin,same-site,cross-origin"`
	// KeepOwn lets a service's security headers stand.
	KeepOwn  bool    `json:"keepOwn,omitempty"`
	Request  changes `json:"request,omitempty"`
	Response changes `json:"response,omitempty"`
}

type strictTransport struct {
	MaxAge            kernel.Duration `json:"maxAge,omitempty"`
	IncludeSubDomains bool            `json:"includeSubDomains,omitempty"`
	Preload           bool            `json:"preload,omitempty"`
}

// changes are made in this order: remove, set, add.
type changes struct {
	Set    map[string]string `json:"set,omitempty"`
	Add    map[string]string `json:"add,omitempty"`
	Remove []string          `json:"remove,omitempty"`
}

// Kind is the kind HeaderPolicy.
type Kind struct{}

// New returns the kind.
func New() *Kind { return &Kind{} }

// Name implements gateway.Kind.
func (*Kind) Name() string { return KindName }

// Spec implements gateway.Specified.
func (*Kind) Spec() any { return document{} }

// Compile implements gateway.Kind.
func (*Kind) Compile(_ context.Context, p gateway.Policy, _ gateway.Attachment) (exchange.Filter, error) {
	var d document
	r := spec.Read(p.Spec, &d)
	f := &filter{keepOwn: d.KeepOwn, request: d.Request, response: d.Response}
	f.read(r, d)
	d.Request.check(r, "request", true)
	d.Response.check(r, "response", false)
	if err := r.Err(KindName, p.Name); err != nil {
		return nil, err
	}
	return f.filter, nil
}

// header is a security header.
type header struct{ name, value string }

type filter struct {
	security          []header
	strict            string
	keepOwn           bool
	request, response changes
}

func (f *filter) read(r *spec.Reader, d document) {
	f.readStrict(r, d.StrictTransport)
	f.option(r, "frameOptions", "X-Frame-Options", d.FrameOptions, "DENY", "SAMEORIGIN")
	f.option(r, "crossOriginOpenerPolicy", "Cross-Origin-Opener-Policy", d.OpenerPolicy, "same-origin", "same-origin-allow-popups", "noopener-allow-popups", "unsafe-none")
	f.option(r, "crossOriginEmbedderPolicy", "Cross-Origin-Embedder-Policy", d.EmbedderPolicy, "require-corp", "credentialless", "unsafe-none")
	f.option(r, "crossOriginResourcePolicy", "Cross-Origin-Resource-Policy", d.ResourcePolicy, "same-origin", "same-site", "cross-origin")
	f.free(r, "contentSecurityPolicy", "Content-Security-Policy", d.ContentSecurity)
	f.free(r, "contentSecurityPolicyReportOnly", "Content-Security-Policy-Report-Only", d.ReportOnly)
	for i, policy := range d.ReferrerPolicy {
		r.OneOf("referrerPolicy["+strconv.Itoa(i)+"]", policy, "no-referrer", "no-referrer-when-downgrade", "same-origin", "origin", "strict-origin", "origin-when-cross-origin", "strict-origin-when-cross-origin", "unsafe-url")
	}
	f.free(r, "referrerPolicy", "Referrer-Policy", strings.Join(d.ReferrerPolicy, ", "))
	if d.NoSniff {
		f.security = append(f.security, header{"X-Content-Type-Options", "nosniff"})
	}
	f.permissions(r, d.PermissionsPolicy)
}

func (f *filter) readStrict(r *spec.Reader, s *strictTransport) {
	if s == nil {
		return
	}
	age := time.Duration(s.MaxAge)
	if age < 0 || age > maxAge {
		r.Add("strictTransportSecurity.maxAge", "use 0s to 87840h; 0s has browsers forget it", "%s is out of bounds", age)
	}
	if s.Preload && (!s.IncludeSubDomains || age < preloadAge) {
		r.Add("strictTransportSecurity.preload", "set includeSubDomains, and a maxAge of at least 8760h", "browsers' lists take no host like this")
	}
	f.strict = "max-age=" + strconv.Itoa(int(age.Seconds()))
	if s.IncludeSubDomains {
		f.strict += "; includeSubDomains"
	}
	if s.Preload {
		f.strict += "; preload"
	}
}

func (f *filter) option(r *spec.Reader, path, name, value string, options ...string) {
	if value == "" {
		return
	}
	r.OneOf(path, value, options...)
	f.security = append(f.security, header{name, value})
}

func (f *filter) free(r *spec.Reader, path, name, value string) {
	if value == "" {
		return
	}
	checkValue(r, path, value)
	f.security = append(f.security, header{name, value})
}

// permissions writes the structured dictionary (RFC 9651 §3.2) of W3C's Permissions Policy.
func (f *filter) permissions(r *spec.Reader, features map[string]string) {
	var members []string
	for _, feature := range spec.Sorted(features) {
		at, allow := "permissionsPolicy."+feature, features[feature]
		if strings.Trim(feature, "abcdefghijklmnopqrstuvwxyz0123456789-") != "" || feature == "" {
			r.Add(at, "", "%q cannot be the name of a feature", feature)
		}
		if allow != "*" && allow != "self" && (!strings.HasPrefix(allow, "(") || !strings.HasSuffix(allow, ")")) {
			r.Add(at, `use *, self, () for none, or a list such as (self "https://a.example")`, "%q is no list of origins", allow)
		}
		members = append(members, feature+"="+allow)
	}
	f.free(r, "permissionsPolicy", "Permissions-Policy", strings.Join(members, ", "))
}

func (c changes) check(r *spec.Reader, path string, request bool) {
	if n := len(c.Set) + len(c.Add) + len(c.Remove); n > maxChanges {
		r.Add(path, "", "%d changes are more than %d", n, maxChanges)
	}
	for part, values := range map[string]map[string]string{"set": c.Set, "add": c.Add} {
		for name, value := range values {
			at := path + "." + part + "." + name
			checkName(r, at, name, request)
			checkValue(r, at, value)
		}
	}
	for i, name := range c.Remove {
		checkName(r, fmt.Sprintf("%s.remove[%d]", path, i), name, request)
	}
}

func checkName(r *spec.Reader, path, name string, request bool) {
	lower := strings.ReplaceAll(strings.ToLower(name), "_", "-")
	switch {
	case !route.Token(name):
		r.Add(path, "", "%q cannot be the name of a header", name)
	case reserved(lower):
		r.Add(path, "", "%s belongs to the connection or the message itself", name)
	case strings.HasPrefix(lower, "terrace-"), request && (strings.HasPrefix(lower, "x-forwarded-") || lower == "forwarded" || lower == "x-real-ip"):
		r.Add(path, "", "%s is the gateway's own", name)
	}
}

// reserved are headers that say how a message is read (RFC 9110 §7.6.1, RFC 9112).
func reserved(name string) bool {
	switch name {
	case "connection", "content-length", "host", "keep-alive", "proxy-connection", "te", "trailer", "transfer-encoding", "upgrade", "expect", "http2-settings":
		return true
	}
	return false
}

func checkValue(r *spec.Reader, path, value string) {
	if !spec.Value(value) || len(value) > maxValue {
		r.Add(path, "", "the value cannot be that of a header, or is longer than %d bytes", maxValue)
	}
}

func (f *filter) filter(next exchange.Handler) exchange.Handler {
	return func(x *exchange.Exchange) {
		request := &x.Request.Header
		for _, name := range f.request.Remove {
			request.Del(name)
		}
		for name, value := range f.request.Set {
			request.Set(name, value)
		}
		for name, value := range f.request.Add {
			request.Add(name, value)
		}
		next(x)
		f.answer(x)
	}
}

func (f *filter) answer(x *exchange.Exchange) {
	h := &x.Response.Header
	for _, name := range f.response.Remove {
		h.Del(name)
	}
	for name, value := range f.response.Set {
		h.Set(name, value)
	}
	for name, value := range f.response.Add {
		h.Add(name, value)
	}
	for _, s := range f.security {
		f.put(h, s.name, s.value)
	}
	if f.strict != "" && x.Secure() { // over plain HTTP it means nothing (RFC 6797 §7.2)
		f.put(h, "Strict-Transport-Security", f.strict)
	}
}

func (f *filter) put(h *fasthttp.ResponseHeader, name, value string) {
	if f.keepOwn && len(h.Peek(name)) > 0 {
		return
	}
	h.Set(name, value)
}
