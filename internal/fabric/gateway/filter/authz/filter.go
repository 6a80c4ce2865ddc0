package authz

import (
	"encoding/json"
	"net/http"
	"path"
	"slices"
	"strconv"
	"strings"

	"github.com/terrace-idp/terrace/internal/fabric/gateway/exchange"
)

// filter is a policy, ready to decide.
type filter struct {
	kind  *Kind
	rules []rule
	// allow is what is done with a request that no rule is for.
	allow bool
	// roles is the claim that has them.
	roles string
	rego  *decision
}

// rule is what requests of some methods and paths need; the first one that is for a
// request counts.
type rule struct {
	methods []string
	// exact and prefix are paths; none is every path.
	exact, prefix []string
	deny          bool
	// identified wants to know who calls, though nothing else is asked of them.
	identified bool
	// scopes are needed all, of roles one, and of each claim one of its values.
	scopes, roles []string
	claims        []claim
}

type claim struct {
	name   string
	values []string
}

// refusal is why a request is refused.
type refusal struct {
	detail string
	// scopes are those that would do.
	scopes []string
	// nobody tells that it is not known who calls: signing in could help.
	nobody bool
}

func (f *filter) wrap(next exchange.Handler) exchange.Handler {
	return func(x *exchange.Exchange) {
		if wrong := f.judge(x); wrong != nil {
			f.refuse(x, wrong)
			return
		}
		if f.rego != nil && !f.rego.pass(f.kind, x) {
			return
		}
		next(x)
	}
}

// judge judges the path as it is, and as a service may read it that takes parameters
// away and decodes slashes: a request has to be allowed as both.
func (f *filter) judge(x *exchange.Exchange) *refusal {
	wrong := f.judgeAs(x, x.Path)
	if careless := carelessly(x.Path); wrong == nil && careless != x.Path {
		wrong = f.judgeAs(x, careless)
	}
	return wrong
}

// carelessly returns a path without the parameters of its segments (RFC 3986 §3.3), and with
// slashes in place of encoded ones.
func carelessly(p string) string {
	if !strings.ContainsAny(p, ";%") {
		return p
	}
	p = strings.NewReplacer("%2F", "/", "%5C", "/", "%25", "%").Replace(p)
	segments := strings.Split(p, "/")
	for i := range segments {
		segments[i], _, _ = strings.Cut(segments[i], ";")
	}
	return path.Clean(strings.Join(segments, "/"))
}

func (f *filter) judgeAs(x *exchange.Exchange, path string) *refusal {
	for i := range f.rules {
		if f.rules[i].isFor(x, path) {
			return f.rules[i].judge(x.Facts.Identity, f.roles)
		}
	}
	if !f.allow {
		return &refusal{detail: "No rule of this route allows the request."}
	}
	return nil
}

func (r *rule) isFor(x *exchange.Exchange, path string) bool {
	if len(r.methods) > 0 && !slices.Contains(r.methods, string(x.Request.Header.Method())) {
		return false
	}
	return len(r.exact)+len(r.prefix) == 0 || slices.Contains(r.exact, path) || slices.ContainsFunc(r.prefix, func(p string) bool { return within(path, p) })
}

// within tells that a path lies under a prefix, in whole segments.
func within(path, prefix string) bool {
	rest, ok := strings.CutPrefix(path, prefix)
	return ok && (rest == "" || rest[0] == '/' || prefix[len(prefix)-1] == '/')
}

func (r *rule) judge(who *exchange.Identity, roles string) *refusal {
	if r.deny {
		return &refusal{detail: "A rule of this route denies the request."}
	}
	if !r.identified && len(r.scopes)+len(r.roles)+len(r.claims) == 0 {
		return nil
	}
	if who == nil {
		return &refusal{detail: "The request does not prove who calls.", nobody: true}
	}
	for _, scope := range r.scopes {
		if !slices.Contains(who.Scopes, scope) {
			return &refusal{detail: "The credential lacks a scope: this needs " + strings.Join(r.scopes, " ") + ".", scopes: r.scopes}
		}
	}
	if len(r.roles) > 0 && !slices.ContainsFunc(who.Texts(roles), func(role string) bool { return slices.Contains(r.roles, role) }) {
		return &refusal{detail: "This needs one of the roles " + strings.Join(r.roles, ", ") + "."}
	}
	for _, c := range r.claims {
		if !c.holds(who) {
			return &refusal{detail: "This needs another value of the claim " + c.name + "."}
		}
	}
	return nil
}

func (c claim) holds(who *exchange.Identity) bool {
	value := who.Claim(c.name)
	if len(c.values) == 0 {
		return value != nil
	}
	return slices.ContainsFunc(values(value), func(v string) bool { return slices.Contains(c.values, v) })
}

// values are the texts of a claim; numbers and booleans as they are written.
func values(claim any) []string {
	list, ok := claim.([]any)
	if !ok {
		list = []any{claim}
	}
	var out []string
	for _, item := range list {
		switch v := item.(type) {
		case string:
			out = append(out, v)
		case json.Number:
			out = append(out, v.String())
		case bool:
			out = append(out, strconv.FormatBool(v))
		}
	}
	return out
}

func (f *filter) refuse(x *exchange.Exchange, wrong *refusal) {
	if wrong.nobody && x.SignIn != nil {
		x.SignIn(x)
		return
	}
	x.Refuse(KindName, http.StatusForbidden, "Not allowed", wrong.detail, "")
	if who := x.Facts.Identity; who != nil && who.Method == "jwt" && len(wrong.scopes) > 0 { // RFC 6750 §3.1
		x.Response.Header.Set("WWW-Authenticate", `Bearer realm="`+who.Provider+`", error="insufficient_scope", scope="`+strings.Join(wrong.scopes, " ")+`"`)
	}
}
