package azure

import (
	"slices"
	"strconv"
	"strings"

	"github.com/terrace-idp/terrace/internal/fabric/gateway"
	"github.com/terrace-idp/terrace/internal/fabric/gateway/azure/capability"
)

// authorization is the spec of an AuthorizationPolicy, as its kind has it.
type authorization struct {
	Rules     []authorizationRule `json:"rules"`
	Default   string              `json:"default"`
	RoleClaim string              `json:"roleClaim"`
}

type authorizationRule struct {
	Methods       []string `json:"methods"`
	Paths         []string `json:"paths"`
	PathPrefixes  []string `json:"pathPrefixes"`
	Deny          bool     `json:"deny"`
	Authenticated bool     `json:"authenticated"`
	Scopes        []string `json:"scopes"`
	Roles         []string `json:"roles"`
	Claims        []struct {
		Name   string   `json:"name"`
		Values []string `json:"values"`
	} `json:"claims"`
}

// authorize decides whether who calls may: the first rule that is for a request counts.
func (d *document) authorize(r *gateway.InForce) []element {
	p, ok := policy(r, capability.Authorization)
	if !ok {
		return nil
	}
	s := authorization{RoleClaim: "roles"}
	d.read(p, &s)
	if strings.HasPrefix(s.RoleClaim, "/") {
		d.within(p, "roleClaim", s.RoleClaim)
	}
	var all []element
	if slices.ContainsFunc(s.Rules, func(r authorizationRule) bool { return len(r.Paths)+len(r.PathPrefixes) > 0 }) {
		all = unambiguous()
	}
	var by choice
	for i, rule := range s.Rules {
		for j, c := range rule.Claims {
			if strings.HasPrefix(c.Name, "/") {
				d.within(p, "rules["+strconv.Itoa(i)+"].claims["+strconv.Itoa(j)+"].name", c.Name)
			}
		}
		by.when(rule.isFor(), rule.needs(s.RoleClaim)...)
	}
	if s.Default != "allow" {
		by.otherwise = []element{forbidden()}
	}
	return append(all, by.done()...)
}

func forbidden(headers ...element) element {
	return answer("403", "Forbidden", "Not allowed", headers...)
}

// unambiguous refuses what one service could read as another path than the next: no rule
// would be for both.
func unambiguous() []element {
	var by choice
	by.when(found(variable(varPath), `;|%2[fF]|%3[bB]|%5[cC]|%25`), forbidden())
	return by.done()
}

// isFor is the condition under which a rule is for a request.
func (r authorizationRule) isFor() string {
	var all, paths []string
	if len(r.Methods) > 0 {
		all = append(all, among("context.Request.Method", r.Methods))
	}
	for _, p := range r.Paths {
		paths = append(paths, variable(varDecoded)+" == "+text(p))
	}
	for _, p := range r.PathPrefixes {
		if p == "/" {
			paths = append(paths, "true")
			continue
		}
		paths = append(paths, within(variable(varDecoded), p))
	}
	if len(paths) > 0 {
		all = append(all, some(paths...))
	}
	return every(all...)
}

// needs refuses who lacks what the rule needs. A rule that is met is the end of the search.
func (r authorizationRule) needs(roles string) []element {
	met := setVariable(varAllowed, text("true"))
	if r.Deny {
		return []element{forbidden()}
	}
	var by choice
	if r.Authenticated || len(r.Scopes)+len(r.Roles)+len(r.Claims) > 0 {
		by.when(variable(varProven)+` == ""`, forbidden())
	}
	if lacks := r.lacksScopes(); lacks != "" {
		// RFC 6750 §3.1
		by.when(every(variable(varProven)+" == "+text("jwt"), lacks), forbidden(setHeader("WWW-Authenticate", "override", literal(`Bearer error="insufficient_scope", scope="`+strings.Join(r.Scopes, " ")+`"`))))
		by.when(lacks, forbidden())
	}
	if len(r.Roles) > 0 {
		by.when("!("+holds(roles, r.Roles)+")", forbidden())
	}
	for _, c := range r.Claims {
		by.when("!("+holds(c.Name, c.Values)+")", forbidden())
	}
	return append([]element{met}, by.done()...)
}

func (r authorizationRule) lacksScopes() string {
	if len(r.Scopes) == 0 {
		return ""
	}
	lacks := make([]string, len(r.Scopes))
	for i, s := range r.Scopes {
		lacks[i] = "!" + variable(varScopes) + ".Contains(" + text(" "+s+" ") + ")"
	}
	return some(lacks...)
}

// holds is the condition that a claim of the token has one of some values, or any at all.
func holds(claim string, values []string) string {
	if len(values) == 0 {
		return has(claim)
	}
	one := make([]string, len(values))
	for i, v := range values {
		one[i] = claims(claim) + ".Contains(" + text(v) + ")"
	}
	return every(has(claim), some(one...))
}
