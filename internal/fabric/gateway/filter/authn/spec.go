package authn

import (
	"strings"
	"time"

	"github.com/terrace-idp/terrace/internal/fabric/gateway"
	"github.com/terrace-idp/terrace/internal/fabric/gateway/filter/spec"
	"github.com/terrace-idp/terrace/internal/platform/yamldoc"
)

// The bounds of a policy.
const (
	maxWays   = 16
	maxNamed  = 500
	maxSkew   = 5 * time.Minute
	skew      = 30 * time.Second
	minPrefix = 2
)

// reader reads a policy's spec, and tells all that is wrong with it.
type reader struct {
	kind   *Kind
	policy gateway.Policy
	at     gateway.Attachment
	f      *filter
	// secrets are the references that the policy names.
	secrets []named
	// taken are the places that a way reads, with its name.
	taken map[string]string
}

type named struct {
	at    yamldoc.Value
	value *secretValue
}

func (r *reader) filter(v yamldoc.Value) *filter {
	r.f, r.taken = &filter{required: true, forward: true, headers: &headers{}}, map[string]string{}
	o := v.Object(spec.Fields(document{})...)
	if on, ok := o.Get("required"); ok {
		r.f.required, _ = on.Bool()
	}
	if on, ok := o.Get("forwardCredential"); ok {
		r.f.forward, _ = on.Bool()
	}
	if list, ok := o.Get("claimsToHeaders"); ok {
		r.headers(list)
	}
	list, ok := o.Get("providers")
	if !ok {
		if r.f.required {
			v.Problem("name a provider, or say required: false", "nobody could prove who they are")
		}
		return r.f
	}
	names := map[string]bool{}
	list.Items(func(i int, item yamldoc.Value) {
		if i == maxWays {
			item.Problem("use fewer", "a policy has at most %d providers", maxWays)
		}
		if i >= maxWays {
			return
		}
		r.way(item, names)
	})
	if len(r.f.ways) == 0 && r.f.required && list.IsList() {
		list.Problem("name a provider, or say required: false", "nobody could prove who they are")
	}
	return r.f
}

func (r *reader) way(v yamldoc.Value, names map[string]bool) {
	o := v.Object(spec.Fields(providerDoc{})...)
	name := text(o, "name")
	if at, ok := o.Require("name", "give it a name, such as partners"); ok {
		if !isName(name) {
			at.Problem("use letters, digits and hyphens", "%q is no name", name)
		} else if names[name] {
			at.Problem("give each its own", "two providers are named %s", name)
		}
	}
	names[name] = true
	found := 0
	for key, read := range map[string]func(string, yamldoc.Value) way{"jwt": r.jwt, "oidc": r.oidc, "apiKey": r.apiKey, "mtls": r.mtls} {
		if of, ok := o.Get(key); ok {
			found++
			r.f.ways = append(r.f.ways, read(name, of))
		}
	}
	if o.OK() && found != 1 {
		v.Problem("give it one of jwt, oidc, apiKey and mtls", "a provider proves in one way")
	}
}

func isName(s string) bool {
	return s != "" && len(s) <= 63 && strings.Trim(s, "abcdefghijklmnopqrstuvwxyz0123456789-") == ""
}

// text returns a text of an object, "" where there is none.
func text(o yamldoc.Object, key string) string {
	v, ok := o.Get(key)
	if !ok {
		return ""
	}
	s, _ := v.String()
	return s
}

func texts(o yamldoc.Object, key string) []string {
	v, ok := o.Get(key)
	if !ok {
		return nil
	}
	return v.Strings()
}

// place notes that a way reads a place of the request; two that read one would judge
// each other's credentials.
func (r *reader) place(at yamldoc.Value, what, name string) {
	key := what + " " + strings.ToLower(name)
	if r.taken[key] != "" {
		at.Problem("name all issuers in one provider, or use another place", "the %s %s is read already", what, name)
	}
	if what == "header" && r.f.headers.has([]byte(name)) {
		at.Problem("tell the claim in another header", "the header %s tells a claim, and is removed from every request", name)
	}
	r.taken[key] = name
}
