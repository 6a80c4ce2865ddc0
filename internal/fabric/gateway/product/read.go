package product

import (
	"slices"
	"strconv"
	"time"

	"github.com/terrace-idp/terrace/internal/fabric/gateway"
	"github.com/terrace-idp/terrace/internal/fabric/gateway/filter/spec"
	"github.com/terrace-idp/terrace/internal/fabric/gateway/gatewaydoc"
	"github.com/terrace-idp/terrace/internal/fabric/gateway/route"
)

// The bounds of a product.
const (
	maxRoutes = 200
	maxPlans  = 20
	maxText   = 8 << 10
	maxTitle  = 200
	// maxUnits bounds quotas.
	maxUnits = 1 << 50
	// maxOfConsumer bounds how many subscriptions a plan lets a consumer have.
	maxOfConsumer = 1000
	// maxLimits is how many rate limits, and how many quotas, a plan has.
	maxLimits = 4
)

// read returns the product of a document, and everything that is wrong with it.
func read(p gateway.Policy) (Product, error) {
	out := Product{Scope: p.Scope, Name: p.Name, Owner: p.Owner, UpdatedAt: p.UpdatedAt}
	r := spec.Read(p.Spec, &out.Spec)
	s := &out.Spec
	if !isName(p.Name) {
		r.Add("name", "use lower-case letters, digits and hyphens", "%q is no name of a product", p.Name)
	}
	if s.State == "" {
		s.State = Draft
	}
	if s.Visibility == "" {
		s.Visibility = ForProject
	}
	r.OneOf("state", s.State, Draft, Published)
	r.OneOf("visibility", s.Visibility, ForProject, ForTenant)
	length(r, "title", s.Title, maxTitle)
	length(r, "description", s.Description, maxText)
	length(r, "terms", s.Terms, maxText)
	opens(r, s)
	plans(r, s.Plans)
	return out, r.Err(gatewaydoc.KindProduct, p.Name)
}

func length(r *spec.Reader, path, text string, most int) {
	if len(text) > most {
		r.Add(path, "", "it has %d bytes, more than the %d allowed", len(text), most)
	}
}

// opens checks what a product opens.
func opens(r *spec.Reader, s *Spec) {
	if len(s.Routes)+len(s.APIs) == 0 {
		r.Add("routes", "name routes of the stage, or apis", "the product opens nothing")
	}
	if len(s.Routes)+len(s.APIs) > maxRoutes {
		r.Add("routes", "", "a product opens at most %d routes and APIs", maxRoutes)
	}
	for i, name := range s.Routes {
		if name == "" || slices.Index(s.Routes, name) < i {
			r.Add("routes["+strconv.Itoa(i)+"]", "name each route once", "%q is no name of a route, or is here twice", name)
		}
	}
	for i, a := range s.APIs {
		if a.API == "" || a.Version == "" || slices.Index(s.APIs, a) < i {
			r.Add("apis["+strconv.Itoa(i)+"]", "write api and version, such as {api: orders, version: v1}, each once", "it names no version of an API, or one a second time")
		}
	}
}

func plans(r *spec.Reader, all []Plan) {
	if len(all) == 0 || len(all) > maxPlans {
		r.Add("plans", "give it one, such as {name: basic}", "a product has 1 to %d plans", maxPlans)
	}
	names := map[string]bool{}
	for i, p := range all {
		at := "plans[" + strconv.Itoa(i) + "]"
		if !isName(p.Name) || names[p.Name] {
			r.Add(at+".name", "use lower-case letters, digits and hyphens, each name once", "%q is no name of a plan here", p.Name)
		}
		names[p.Name] = true
		length(r, at+".title", p.Title, maxTitle)
		length(r, at+".description", p.Description, maxText)
		r.Int(at+".maxSubscriptions", int64(p.MaxSubscriptions), 0, maxOfConsumer)
		for j, s := range p.Scopes {
			if !route.Token(s) && !spec.Value(s) || s == "" || len(s) > maxTitle {
				r.Add(at+".scopes["+strconv.Itoa(j)+"]", "", "%q is no scope", s)
			}
		}
		rates(r, at, p.RateLimits)
		quotas(r, at, p.Quotas)
	}
}

func rates(r *spec.Reader, at string, all []RateLimit) {
	if len(all) > maxLimits {
		r.Add(at+".rateLimits", "", "a plan has at most %d rate limits", maxLimits)
	}
	for i, l := range all {
		path := at + ".rateLimits[" + strconv.Itoa(i) + "]"
		r.Int(path+".calls", l.Calls, 1, maxUnits)
		r.Int(path+".burst", l.Burst, 0, maxUnits)
		if per := time.Duration(l.Per); per < time.Millisecond || per > time.Hour {
			r.Add(path+".per", "use 1ms to 1h; what is longer is a quota", "%s is out of bounds", per)
		}
		if slices.ContainsFunc(all[:i], func(o RateLimit) bool { return o.Per == l.Per }) {
			r.Add(path+".per", "leave one away", "there are two rate limits for %s", time.Duration(l.Per))
		}
	}
}

func quotas(r *spec.Reader, at string, all []Quota) {
	if len(all) > 2*maxLimits {
		r.Add(at+".quotas", "", "a plan has at most %d quotas", 2*maxLimits)
	}
	for i, q := range all {
		path := at + ".quotas[" + strconv.Itoa(i) + "]"
		r.OneOf(path+".per", string(q.Per), string(Hour), string(Day), string(Week), string(Month))
		switch {
		case (q.Calls == 0) == (q.Bytes == 0):
			r.Add(path, "write calls or bytes; for both give two quotas", "a quota is of calls, or of bytes")
		case q.Calls != 0:
			r.Int(path+".calls", q.Calls, 1, maxUnits)
		default:
			r.Int(path+".bytes", q.Bytes, 1, maxUnits)
		}
		if slices.ContainsFunc(all[:i], func(o Quota) bool { return o.Per == q.Per && (o.Bytes > 0) == (q.Bytes > 0) }) {
			r.Add(path, "leave one away", "there are two quotas of one kind per %s", q.Per)
		}
	}
}

// isName tells what can name a product, a plan or a subscription.
func isName(s string) bool {
	if s == "" || len(s) > 63 || s[0] == '-' || s[len(s)-1] == '-' {
		return false
	}
	for i := range len(s) {
		if c := s[i]; (c < 'a' || c > 'z') && (c < '0' || c > '9') && c != '-' {
			return false
		}
	}
	return true
}
