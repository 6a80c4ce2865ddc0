package azure

import (
	"cmp"
	"fmt"
	"net/http"
	"slices"
	"strconv"
	"strings"

	"github.com/terrace-idp/terrace/internal/fabric/gateway"
	"github.com/terrace-idp/terrace/internal/fabric/gateway/azure/capability"
	"github.com/terrace-idp/terrace/internal/fabric/gateway/exchange"
	"github.com/terrace-idp/terrace/internal/fabric/gateway/route"
	"github.com/terrace-idp/terrace/internal/kernel"
)

// What a policy document keeps while it is at work.
const (
	varPath     = "terrace-path"
	varClient   = "terrace-client"
	varRule     = "terrace-rule"
	varPrefix   = "terrace-prefix"
	varShare    = "terrace-share"
	varConsumer = "terrace-consumer"
	varToken    = "terrace-token"
	varKey      = "terrace-key"
	// varScopes are what the credential is proven to have, each between spaces; varProven
	// is empty where nobody has proven who they are.
	varScopes  = "terrace-scopes"
	varProven  = "terrace-proven"
	varDecoded = "terrace-decoded"
	varProduct = "terrace-product"
	varPlan    = "terrace-plan"
	varAllowed = "terrace-allowed"
	// varKept tells that an answer may be of the cache and for it, varSecret that the request
	// has credentials, varCookies that it has cookies; they are empty where it is not so.
	varKept    = "terrace-kept"
	varSecret  = "terrace-secret"
	varCookies = "terrace-cookies"
)

// document is the policy document of a host's API.
type document struct {
	t      *translation
	host   string
	scope  kernel.Scope
	routes []*gateway.InForce
	all    []candidate

	// imported is where the operations come from, under a prefix of the paths; nil passes all on.
	imported *Import
	under    string
	// open are the products that open some of it.
	open []string
}

// xml is the document. Its inbound part finds the rule, obeys the policies of its route in
// the order in which the gateway does, and says who answers. What API Management takes once
// in a part of a document is there once for all routes, which have the same of it.
func (d *document) xml() string {
	inbound := el("inbound").with(el("base")).with(d.cors()...).with(d.loop()...).with(d.beginning()...).with(d.find()...)
	inbound = inbound.with(d.perRoute(d.arriving)...).with(d.validates()...).with(d.cached()...)
	inbound = inbound.with(d.honest()...).with(d.perRoute(d.headersIn)...).with(d.perRule(d.sending)...)
	backend := el("backend").with(d.calling()...)
	outbound := el("outbound").with(el("base")).with(d.perRule(d.answering)...).with(d.perRoute(d.headersOut)...).with(d.stored()...).with(d.judged()...)
	return el("policies").with(inbound, backend, outbound, el("on-error").with(el("base")).with(d.failing()...)).String()
}

// find finds the rule that takes the request.
func (d *document) find() []element {
	var found choice
	for _, c := range d.all {
		then := []element{setVariable(varRule, text(c.name()))}
		if prefixed(c.rules()) {
			then = append(then, d.prefixOf(c.get().Path.Value)...)
		}
		found.when(d.takes(c), then...)
	}
	found.otherwise = []element{answer("404", "Not Found", "No route takes the request")}
	return found.done()
}

// prefixOf keeps how long the prefix is that another one takes the place of. Where the client
// has encoded it otherwise than it has to be, it cannot be cut off.
func (d *document) prefixOf(path string) []element {
	prefix := exchange.EncodePath(strings.TrimSuffix(path, "/"))
	if prefix == "" {
		return []element{setVariable(varPrefix, `""`)}
	}
	var by choice
	by.when("!"+variable(varPath)+".StartsWith("+text(prefix)+", System.StringComparison.OrdinalIgnoreCase)", answer("400", "Bad Request", "The path is not written as the route has it"))
	return append(by.done(), setVariable(varPrefix, text(prefix)))
}

func prefixed(r route.Rule) bool {
	return r.Rewrite != nil && r.Rewrite.Prefix != nil || r.Redirect != nil && r.Redirect.Prefix != nil
}

// takes is the condition of a match.
func (d *document) takes(c candidate) string {
	m := c.get()
	at := fmt.Sprintf("rules[%d].matches[%d]", c.rule, c.match)
	var all []string
	path := variable(varDecoded)
	switch {
	case m.Path.Type == route.Exact:
		all = append(all, path+" == "+text(m.Path.Value))
	case m.Path.Type == route.RegularExpression:
		all = append(all, d.matches(c, at+".path.value", path, m.Path.Value))
	case m.Path.Value != "/" && m.Path.Value != "":
		all = append(all, within(path, m.Path.Value))
	}
	if m.Method != "" {
		all = append(all, "context.Request.Method == "+text(m.Method))
	}
	all = append(all, d.values(c, at+".headers", m.Headers, header)...)
	all = append(all, d.values(c, at+".queryParams", m.Query, query)...)
	return every(all...)
}

func (d *document) values(c candidate, at string, values []route.ValueMatch, get func(string) string) []string {
	var all []string
	for i, v := range values {
		got := get(v.Name)
		if v.Type != route.RegularExpression {
			all = append(all, got+" == "+text(v.Value))
			continue
		}
		all = append(all, got+" != null", d.matches(c, at+"["+strconv.Itoa(i)+"].value", some(got+` ?? ""`), v.Value))
	}
	return all
}

// matches is the condition that the whole of a value is as an expression says; what .NET
// would read otherwise, or take without end for, is refused.
func (d *document) matches(c candidate, at, value, pattern string) string {
	written, problem, fix := dotnet(pattern)
	if problem != "" {
		d.t.refuse(placeOfRoute(c.route.Route), at, fix, "on Azure: %s", problem)
	}
	d.t.tell(placeOfRoute(c.route.Route), capability.Approximate, at, "", "on Azure: API Management: a request that the expression takes more than %d ms for fails", matching)
	return "System.Text.RegularExpressions.Regex.IsMatch(" + value + ", " + text(`\A(?:`+written+`)\z`) +
		", System.Text.RegularExpressions.RegexOptions.CultureInvariant, System.TimeSpan.FromMilliseconds(" + strconv.Itoa(matching) + "))"
}

// perRoute are elements of each route, for requests that it has taken.
func (d *document) perRoute(of func(*gateway.InForce) []element) []element {
	if len(d.routes) == 1 {
		return of(d.routes[0])
	}
	var by choice
	for _, r := range d.routes {
		by.when(variable(varRule)+".StartsWith("+text(r.Route.Name+"/")+", System.StringComparison.Ordinal)", of(r)...)
	}
	return by.done()
}

// perRule are elements of each rule, for requests that it has taken.
func (d *document) perRule(of func(candidate) []element) []element {
	rules := d.rules()
	if len(rules) == 1 {
		return of(rules[0])
	}
	var by choice
	for _, c := range rules {
		by.when(variable(varRule)+" == "+text(c.name()), of(c)...)
	}
	return by.done()
}

// rules are the rules of all routes, each once.
func (d *document) rules() []candidate {
	var all []candidate
	seen := map[string]bool{}
	for _, c := range d.all {
		if !seen[c.name()] {
			seen[c.name()] = true
			all = append(all, c)
		}
	}
	slices.SortStableFunc(all, func(a, b candidate) int {
		return cmp.Or(cmp.Compare(a.route.Route.Name, b.route.Route.Name), cmp.Compare(a.rule, b.rule))
	})
	return all
}

// methods are those that the API passes on, where they are more than the module's own.
func (d *document) methods() []string {
	known := []string{"DELETE", "GET", "HEAD", "OPTIONS", "PATCH", "POST", "PUT"}
	all := slices.Clone(known)
	for _, c := range d.all {
		if m := c.get().Method; m != "" && !slices.Contains(all, m) {
			all = append(all, m)
		}
	}
	if len(all) == len(known) {
		return nil
	}
	return all
}

// arriving are the policies of a route on a request, in the gateway's order, up to those that
// a host has once.
func (d *document) arriving(r *gateway.InForce) []element {
	var all []element
	for _, of := range []func(*gateway.InForce) []element{d.sizes, d.earlyLimits, d.signIn, d.authorize, d.limits} {
		all = append(all, of(r)...)
	}
	return all
}

// failing answers 429 for what API Management refuses with 403, as the gateway does.
func (d *document) failing() []element {
	var by choice
	by.when(`context.LastError.Reason == "QuotaExceeded"`, answer(strconv.Itoa(http.StatusTooManyRequests), "Too Many Requests", "The quota is used up"))
	return by.done()
}
