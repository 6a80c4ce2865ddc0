package meshdoc

import (
	"fmt"
	"regexp"
	"strconv"
	"strings"
	"time"

	"github.com/terrace-idp/terrace/internal/kernel"
)

// The bounds of a document.
const (
	maxRules    = 64
	maxParts    = 64
	maxText     = 1024
	maxWeight   = 1_000_000
	maxAttempts = 10
	maxWait     = 24 * time.Hour
)

// checks gathers what is wrong.
type checks struct{ problems []kernel.Problem }

func (c *checks) add(path, fix, format string, args ...any) {
	c.problems = append(c.problems, kernel.Problem{Path: path, Message: fmt.Sprintf(format, args...), Fix: fix})
}

// most refuses lists that are too long, and tells whether it is in bounds.
func (c *checks) most(path string, n, most int) bool {
	if n <= most {
		return true
	}
	c.add(path, "part the document", "there are %d, more than the %d allowed", n, most)
	return false
}

// check returns what is wrong with a document that has its form.
func (d *Document) check() []kernel.Problem {
	c := &checks{}
	switch {
	case d.Mesh != nil:
		c.mesh(*d)
	case d.Authorization != nil:
		c.authorization(*d.Authorization)
	case d.Calls() != nil:
		c.route(*d.Calls(), d.Kind == KindGRPCRoute)
	}
	return c.problems
}

func (c *checks) mesh(d Document) {
	if d.Name != MeshName {
		c.add("metadata.name", "write name: "+MeshName, "a stage has one mesh, which is called %s", MeshName)
	}
	if d.Mesh.MTLS != Strict && d.Mesh.MTLS != Off {
		c.add("spec.mtls", "write mtls: "+Strict+", or "+Off, "%q is no way in which services prove who they are", d.Mesh.MTLS)
	}
}

func (c *checks) route(r Route, byGRPC bool) {
	if len(r.ParentRefs) == 0 {
		c.add("spec.parentRefs", "write parentRefs: [{kind: Service, name: WORKLOAD}]", "the route is for no service")
	}
	if len(r.Rules) == 0 {
		c.add("spec.rules", "write a rule with backendRefs", "the route has no rule")
	}
	if !c.most("spec.parentRefs", len(r.ParentRefs), maxParts) || !c.most("spec.rules", len(r.Rules), maxRules) {
		return
	}
	for i, p := range r.ParentRefs {
		c.service("spec.parentRefs["+strconv.Itoa(i)+"]", p, false)
	}
	for i, rule := range r.Rules {
		c.rule("spec.rules["+strconv.Itoa(i)+"]", rule, byGRPC)
	}
}

func (c *checks) service(at string, p ParentRef, optional bool) {
	if p.Kind != "Service" && (p.Kind != "" || !optional) {
		c.add(at+".kind", "write kind: Service; a route of the gateway is applied with: terrace gateway apply", "a reference of kind %q is none of the mesh", p.Kind)
	}
	if p.Group != "" && p.Group != "core" {
		c.add(at+".group", "remove it", "a service is of no group %q", p.Group)
	}
	if !isName(p.Name) {
		c.add(at+".name", "name a workload of the stage", "%q is no name of a workload", p.Name)
	}
	if p.Port < 0 || p.Port > 65535 {
		c.add(at+".port", "use 1 to 65535", "%d is no port", p.Port)
	}
}

func (c *checks) rule(at string, r Rule, byGRPC bool) {
	if !c.most(at+".matches", len(r.Matches), maxParts) || !c.most(at+".backendRefs", len(r.BackendRefs), maxParts) {
		return
	}
	for i, m := range r.Matches {
		c.match(at+".matches["+strconv.Itoa(i)+"]", m, byGRPC)
	}
	total := 0
	for i, b := range r.BackendRefs {
		ref := at + ".backendRefs[" + strconv.Itoa(i) + "]"
		c.service(ref, ParentRef{Group: b.Group, Kind: b.Kind, Name: b.Name, Port: b.Port}, true)
		if b.Share() < 0 || b.Share() > maxWeight {
			c.add(ref+".weight", "use 0 to "+strconv.Itoa(maxWeight), "%d is no weight", b.Share())
		}
		total += b.Share()
	}
	if len(r.BackendRefs) > 0 && total == 0 {
		c.add(at+".backendRefs", "give one of them a weight above 0", "no backend gets anything")
	}
	if wait := time.Duration(r.Timeouts.Request); wait < 0 || wait > maxWait {
		c.add(at+".timeouts.request", "use a length of time up to 24h", "%s is out of bounds", wait)
	}
	if r.Retry != nil {
		c.retry(at+".retry", *r.Retry)
	}
}

func (c *checks) retry(at string, r Retry) {
	if r.Attempts < 1 || r.Attempts > maxAttempts {
		c.add(at+".attempts", "use 1 to "+strconv.Itoa(maxAttempts), "%d attempts are out of bounds", r.Attempts)
	}
	if wait := time.Duration(r.Backoff); wait < 0 || wait > time.Minute {
		c.add(at+".backoff", "use a length of time up to 1m", "%s is out of bounds", wait)
	}
	if !c.most(at+".codes", len(r.Codes), maxParts) {
		return
	}
	for i, code := range r.Codes {
		if code < 400 || code > 599 {
			c.add(at+".codes["+strconv.Itoa(i)+"]", "use statuses from 400 to 599", "a call with the status %d has not failed", code)
		}
	}
}

func (c *checks) match(at string, m Match, byGRPC bool) {
	path := at + ".path"
	if byGRPC {
		path = at + ".method"
	}
	switch m.Path.Type {
	case "", Exact, PathPrefix:
		if m.Path.Value != "" && (!strings.HasPrefix(m.Path.Value, "/") || strings.ContainsAny(m.Path.Value, " ?#")) {
			c.add(path+".value", "write a path such as /orders", "%q is no path", m.Path.Value)
		}
	case RegularExpression:
		c.expression(path+".value", m.Path.Value)
	default:
		c.add(path+".type", "use "+Exact+", "+PathPrefix+" or "+RegularExpression, "a match of type %q is not known", m.Path.Type)
	}
	if len(m.Path.Value) > maxText {
		c.add(path, "shorten it", "it is longer than %d", maxText)
	}
	if m.Method != "" && !isMethod(m.Method) {
		c.add(at+".method", "use a method in capitals such as GET", "%q is no method", m.Method)
	}
	if !c.most(at+".headers", len(m.Headers), maxParts) {
		return
	}
	for i, h := range m.Headers {
		c.header(at+".headers["+strconv.Itoa(i)+"]", h)
	}
}

func (c *checks) header(at string, h ValueMatch) {
	if h.Name == "" || len(h.Name) > 256 || strings.Trim(strings.ToLower(h.Name), "abcdefghijklmnopqrstuvwxyz0123456789-_.") != "" {
		c.add(at+".name", "name a header", "%q is no name of a header", h.Name)
	}
	switch h.Type {
	case "", Exact:
		if len(h.Value) > maxText {
			c.add(at+".value", "shorten it", "it is longer than %d", maxText)
		}
	case RegularExpression:
		c.expression(at+".value", h.Value)
	default:
		c.add(at+".type", "use "+Exact+" or "+RegularExpression, "a match of type %q is not known", h.Type)
	}
}

func (c *checks) expression(at, text string) {
	if len(text) > maxText {
		c.add(at, "shorten it", "it is longer than %d", maxText)
		return
	}
	if _, err := regexp.Compile(text); err != nil {
		c.add(at, "write an expression of RE2", "%q is no regular expression", text)
	}
}

func (c *checks) authorization(a Authorization) {
	if a.TargetRef != nil {
		c.service("spec.targetRef", *a.TargetRef, true)
		if a.TargetRef.Port != 0 {
			c.add("spec.targetRef.port", "remove it", "who may call is said for all ports of a service")
		}
	}
	if !c.most("spec.rules", len(a.Rules), maxRules) {
		return
	}
	for i, r := range a.Rules {
		c.allow("spec.rules["+strconv.Itoa(i)+"]", r)
	}
}

func (c *checks) allow(at string, r Allow) {
	if len(r.From) == 0 {
		c.add(at+".from", "write from: [{workload: NAME}], or [{workload: \"*\"}] for all of the stage", "the rule says for nobody what they may")
	}
	if !c.most(at+".from", len(r.From), maxParts) || !c.most(at+".methods", len(r.Methods), maxParts) || !c.most(at+".paths", len(r.Paths), maxParts) {
		return
	}
	for i, f := range r.From {
		c.caller(at+".from["+strconv.Itoa(i)+"]", f)
	}
	for i, m := range r.Methods {
		if !isMethod(m) {
			c.add(at+".methods["+strconv.Itoa(i)+"]", "use a method in capitals such as GET", "%q is no method", m)
		}
	}
	for i, p := range r.Paths {
		if !strings.HasPrefix(p, "/") || len(p) > maxText || strings.ContainsAny(strings.TrimSuffix(p, "/*"), "*?# ") {
			c.add(at+".paths["+strconv.Itoa(i)+"]", "write a whole path, or one that ends in /*", "%q is no path", p)
		}
	}
}

func (c *checks) caller(at string, f Caller) {
	switch {
	case (f.Workload == "") == (f.SPIFFEID == ""):
		c.add(at, "write workload: NAME, or spiffeId: ID", "a caller is a workload or a SPIFFE ID")
	case f.SPIFFEID != "" && (f.Project != "" || f.Stage != ""):
		c.add(at, "remove project and stage", "a SPIFFE ID has its project and stage")
	case f.SPIFFEID != "" && (!strings.HasPrefix(f.SPIFFEID, "spiffe://") || len(f.SPIFFEID) > maxText || strings.Contains(strings.TrimSuffix(f.SPIFFEID, "/*"), "*")):
		c.add(at+".spiffeId", "write spiffe://DOMAIN/PATH, which may end in /*", "%q is no SPIFFE ID", f.SPIFFEID)
	case f.Workload != "" && f.Workload != "*" && !isName(f.Workload):
		c.add(at+".workload", "name a workload, or write \"*\"", "%q is no name of a workload", f.Workload)
	}
	for key, name := range map[string]string{"project": f.Project, "stage": f.Stage} {
		if name != "" && !isName(name) {
			c.add(at+"."+key, "name a "+key, "%q is no name", name)
		}
	}
}

func isName(s string) bool {
	return s != "" && len(s) <= 63 && s[0] != '-' && s[len(s)-1] != '-' && strings.Trim(s, "abcdefghijklmnopqrstuvwxyz0123456789-") == ""
}

func isMethod(s string) bool {
	return s != "" && len(s) <= 32 && strings.Trim(s, "ABCDEFGHIJKLMNOPQRSTUVWXYZ-") == ""
}
