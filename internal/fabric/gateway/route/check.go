package route

import (
	"fmt"
	"net/http"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"github.com/terrace-idp/terrace/internal/kernel"
)

// Bounds of one route.
const (
	maxPath     = 1024
	maxHosts    = 16
	maxRules    = 64
	maxMatches  = 64
	maxValues   = 16
	maxBackends = 16
	maxMirrors  = 4
	maxWeight   = 1_000_000
	maxPattern  = 256
)

// checker collects what is wrong with a route; paths are those of its document.
type checker struct{ problems []kernel.Problem }

func (c *checker) add(path, fix, format string, args ...any) {
	c.problems = append(c.problems, kernel.Problem{Path: path, Message: fmt.Sprintf(format, args...), Fix: fix})
}

// Normalize returns the route in the form that is kept, or says everything
// that is wrong with it.
func (r Route) Normalize() (Route, error) {
	c := &checker{}
	if !ValidName(r.Name) {
		c.add("name", NameFix, "%q is not a name for a route", r.Name)
	}
	r.Hosts = slices.Clone(r.Hosts)
	if len(r.Hosts) == 0 || len(r.Hosts) > maxHosts {
		c.add("hosts", "", "a route has 1 to %d hosts", maxHosts)
	}
	for i, host := range r.Hosts {
		r.Hosts[i] = CanonicalHost(host)
		c.host("hosts["+strconv.Itoa(i)+"]", "leave the port out: a route is for all that the gateway listens on", strings.TrimPrefix(host, "*."))
	}
	if len(r.Rules) == 0 || len(r.Rules) > maxRules {
		c.add("rules", "", "a route has 1 to %d rules", maxRules)
	}
	rules := make([]Rule, len(r.Rules))
	for i, rule := range r.Rules {
		rules[i] = c.rule("rules["+strconv.Itoa(i)+"]", rule)
	}
	r.Rules = rules
	if len(c.problems) > 0 {
		return Route{}, kernel.Errorf(kernel.Invalid, "route %s is not valid", r.Name).WithProblems(c.problems...)
	}
	return r, nil
}

func (c *checker) rule(at string, r Rule) Rule {
	if len(r.Matches) > maxMatches {
		c.add(at+".matches", "", "a rule has at most %d matches", maxMatches)
	}
	if len(r.Matches) == 0 {
		r.Matches = []Match{{}}
	}
	matches := make([]Match, len(r.Matches))
	for i, m := range r.Matches {
		matches[i] = c.match(at+".matches["+strconv.Itoa(i)+"]", m)
	}
	r.Matches = matches
	c.headers(at+".requestHeaders", r.RequestHeaders)
	c.headers(at+".responseHeaders", r.ResponseHeaders)
	c.answers(at, r)
	if r.Timeouts.Request < 0 || r.Timeouts.Backend < 0 || r.Timeouts.Idle < 0 {
		c.add(at+".timeouts", "", "a timeout is negative")
	}
	return r
}

// answers checks who answers: services, or a redirect.
func (c *checker) answers(at string, r Rule) {
	if r.Redirect != nil {
		c.redirect(at+".redirect", *r.Redirect, r)
		return
	}
	if len(r.Backends) == 0 || len(r.Backends) > maxBackends {
		c.add(at+".backends", "name a service, or a redirect", "a rule has 1 to %d backends", maxBackends)
	}
	for i, b := range r.Backends {
		path := at + ".backends[" + strconv.Itoa(i) + "]"
		switch {
		case b.Outside():
			c.outside(path, b)
		case b.Service == "":
			c.add(path+".service", "name one, or the url of something outside", "the backend names no service")
		case b.PreserveHost:
			c.add(path+".preserveHost", "remove it", "a service is asked with the client's host anyway: preserveHost is for a url")
		}
		if b.Weight != nil && (*b.Weight < 0 || *b.Weight > maxWeight) {
			c.add(path+".weight", "", "a weight is 0 to %d", maxWeight)
		}
		c.settings(path, b.Spoken())
	}
	c.mirrors(at+".mirrors", r.Mirrors)
	c.retry(at+".retry", r.Retry)
	c.session(at+".session", r.Session)
	if w := r.Rewrite; w != nil {
		c.paths(at+".rewrite", w.FullPath, w.Prefix, r)
		c.rewrittenHost(at+".rewrite.host", w.Host)
	}
}

// mirrors checks who gets copies.
func (c *checker) mirrors(at string, all []Mirror) {
	if len(all) > maxMirrors {
		c.add(at, "", "a rule has at most %d mirrors", maxMirrors)
	}
	for i, m := range all {
		path := at + "[" + strconv.Itoa(i) + "]"
		if m.Service == "" {
			c.add(path+".service", "", "the mirror names no service")
		}
		if m.Percent != nil {
			c.number(path+".percent", *m.Percent, 0, 100)
		}
		c.settings(path, m.Settings)
	}
}

func (c *checker) redirect(at string, d Redirect, r Rule) {
	if len(r.Backends) > 0 || r.Rewrite != nil || r.Retry != nil || r.Session != nil || len(r.Mirrors) > 0 {
		c.add(at, "remove the one or the other", "a rule that redirects has no backends, mirrors, rewrite, retry or session")
	}
	if !slices.Contains([]int{0, 301, 302, 303, 307, 308}, d.Status) {
		c.add(at+".status", "use 301, 302, 303, 307 or 308", "status %d is no redirect", d.Status)
	}
	if !slices.Contains([]string{"", "http", "https"}, d.Scheme) {
		c.add(at+".scheme", "use http or https", "scheme %q is not one of the web", d.Scheme)
	}
	if d.Host != "" {
		c.host(at+".host", "write the port as port", d.Host)
	}
	if d.stays(r.Matches) {
		c.add(at, "say a host, a port or a path; plain HTTP is sent to HTTPS without a route", "the redirect leads to where the request came")
	}
	if d.Port < 0 || d.Port > 65535 {
		c.add(at+".port", "", "port %d is not one", d.Port)
	}
	c.paths(at, d.FullPath, d.Prefix, r)
}

// paths checks the new path of a rewrite or redirect.
func (c *checker) paths(at string, full, prefix *string, r Rule) {
	if full != nil && prefix != nil {
		c.add(at, "remove the one or the other", "fullPath and prefix are both given")
	}
	for name, p := range map[string]*string{"fullPath": full, "prefix": prefix} {
		if p != nil && !plainPath(*p) {
			c.add(at+"."+name, "use one such as / or /api", "path %q is not a plain path", *p)
		}
	}
	if prefix == nil {
		return
	}
	for _, m := range r.Matches {
		if m.Path.Type != PathPrefix {
			c.add(at+".prefix", "use fullPath, or match by PathPrefix", "a prefix is replaced where matches have another type")
			return
		}
	}
}

func (c *checker) match(at string, m Match) Match {
	if m.Path.Type == "" {
		m.Path.Type = PathPrefix
	}
	if m.Path.Value == "" && m.Path.Type == PathPrefix {
		m.Path.Value = "/"
	}
	switch m.Path.Type {
	case Exact, PathPrefix:
		if !plainPath(m.Path.Value) {
			c.add(at+".path.value", "use a path such as / or /api", "path %q is not a plain path", m.Path.Value)
		} else if m.Path.Type == PathPrefix {
			m.Path.Value = "/" + strings.Trim(m.Path.Value, "/")
		}
	case RegularExpression:
		c.pattern(at+".path.value", m.Path.Value)
	default:
		c.add(at+".path.type", "use Exact, PathPrefix or RegularExpression", "there is no type of match %q", m.Path.Type)
	}
	if m.Method != "" && (m.Method == http.MethodConnect || strings.ToUpper(m.Method) != m.Method || !Token(m.Method)) {
		c.add(at+".method", "use one such as GET", "%q is not a method that can be routed", m.Method)
	}
	c.values(at+".headers", m.Headers, true)
	c.values(at+".queryParams", m.Query, false)
	return m
}

func (c *checker) values(at string, values []ValueMatch, header bool) {
	if len(values) > maxValues {
		c.add(at, "", "a match has at most %d of these", maxValues)
	}
	for i, v := range values {
		path := at + "[" + strconv.Itoa(i) + "]"
		if v.Name == "" || header && !Token(v.Name) {
			c.add(path+".name", "", "%q is not a name", v.Name)
		}
		switch v.Type {
		case "", Exact:
		case RegularExpression:
			c.pattern(path+".value", v.Value)
		default:
			c.add(path+".type", "use Exact or RegularExpression", "there is no type of match %q", v.Type)
		}
	}
}

func (c *checker) pattern(at, value string) {
	if len(value) > maxPattern {
		c.add(at, "", "the expression is longer than %d bytes", maxPattern)
	} else if _, err := regexp.Compile(value); err != nil {
		c.add(at, "use the syntax of RE2", "%q is not a regular expression: %v", value, err)
	}
}

// headers checks that a change leaves the platform's own headers, and those
// that frame a message, alone.
func (c *checker) headers(at string, h *HeaderChange) {
	if h == nil {
		return
	}
	for _, part := range []struct {
		name    string
		headers []Header
	}{{"set", h.Set}, {"add", h.Add}} {
		for i, header := range part.headers {
			path := at + "." + part.name + "[" + strconv.Itoa(i) + "]"
			c.headerName(path+".name", header.Name)
			if strings.ContainsFunc(header.Value, func(r rune) bool { return r < ' ' && r != '\t' || r == 0x7f }) {
				c.add(path+".value", "", "a header's value holds a control character")
			}
		}
	}
	for i, name := range h.Remove {
		c.headerName(at+".remove["+strconv.Itoa(i)+"]", name)
	}
}

func (c *checker) headerName(at, name string) {
	lower := strings.ToLower(name)
	if !Token(name) {
		c.add(at, "", "%q is not the name of a header", name)
	} else if Hop(lower) || Distrusted(lower) || lower == "connection" || lower == "host" || lower == "content-length" {
		c.add(at, "", "header %s is the gateway's own", name)
	}
}

func plainPath(p string) bool {
	return p != "" && len(p) <= maxPath && p[0] == '/' && !strings.ContainsAny(p, "?#%\\ ") && !strings.Contains(p, "//") &&
		!strings.Contains(p+"/", "/./") && !strings.Contains(p+"/", "/../") && !strings.ContainsFunc(p, func(r rune) bool { return r < ' ' || r == 0x7f })
}

func validHost(host string) bool {
	if host == "" || len(host) > 253 {
		return false
	}
	for label := range strings.SplitSeq(host, ".") {
		if label == "" || len(label) > 63 || label[0] == '-' || label[len(label)-1] == '-' {
			return false
		}
		for i := range len(label) {
			if c := label[i]; (c < 'a' || c > 'z') && (c < '0' || c > '9') && c != '-' {
				return false
			}
		}
	}
	return true
}
