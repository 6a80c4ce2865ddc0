package azure

import (
	"strconv"
	"strings"

	"github.com/terrace-idp/terrace/internal/fabric/gateway"
	"github.com/terrace-idp/terrace/internal/fabric/gateway/route"
)

// unclear finds paths that the application gateway, API Management and a service may read as
// different ones: with double slashes, dot segments, backslashes or encodings that are none.
const unclear = `//|\\|%(?![0-9a-fA-F]{2})|%[01]|%7[fF]|(/|%2[fF]|%5[cC])(\.|%2[eE]){1,2}(;|%3[bB]|/|%2[fF]|%5[cC]|\z)`

// ported finds the port behind an address, which IPv6 has in brackets.
const ported = `\A\[([^\[\]]*)\](?::[0-9]+)?\z|\A([0-9.]+):[0-9]+\z`

// beginning keeps the path as the client sent it and as a service decodes it, and the client
// that the application gateway names last. What could be read as another path is refused:
// the gateway itself cleans it, but here the firewall has judged it as it was.
func (d *document) beginning() []element {
	length := strconv.Itoa(len("/" + apiPath(d.host)))
	const path = "context.Request.OriginalUrl.Path"
	const forwarded = `context.Request.Headers.GetValueOrDefault("X-Forwarded-For", "")`
	var by choice
	by.when(found(variable(varPath), unclear), answer("400", "Bad Request", "The path can be read in several ways"))
	by.when(d.misdirected(), answer("421", "Misdirected Request", "The request is for another host"))
	all := append([]element{setVariable(varPath, path+".Length == "+length+` ? "/" : `+path+".Substring("+length+")")}, by.done()...)
	all = append(all,
		setVariable(varDecoded, decoded(variable(varPath))),
		setVariable(varClient, forwarded+` == "" ? context.Request.IpAddress : System.Text.RegularExpressions.Regex.Replace(`+forwarded+`.Split(",".ToCharArray()).Last().Trim(), `+text(ported)+`, "$1$2")`),
	)
	return append(append(all, d.spelled()...), d.distrusts()...)
}

// decoded is a path with its percent encoding undone, but for what would part segments.
func decoded(path string) string {
	for _, keep := range [][2]string{{"%25", "%2525"}, {"%2f", "%252F"}, {"%2F", "%252F"}, {"%5c", "%255C"}, {"%5C", "%255C"}} {
		path += ".Replace(" + text(keep[0]) + ", " + text(keep[1]) + ")"
	}
	return "System.Uri.UnescapeDataString(" + path + ")"
}

// misdirected holds for a request that the application gateway has got for another host: a
// path led from the API of the one to that of the other.
func (d *document) misdirected() string {
	const name = `"X-Original-Host"`
	asked := "context.Request.Headers.GetValueOrDefault(" + name + `, "").Split(":".ToCharArray())[0]`
	same := "string.Equals(" + asked + ", " + text(d.host) + ", System.StringComparison.OrdinalIgnoreCase)"
	if rest, wild := strings.CutPrefix(d.host, "*"); wild {
		same = asked + ".EndsWith(" + text(rest) + ", System.StringComparison.OrdinalIgnoreCase)"
	}
	return every("context.Request.Headers.ContainsKey("+name+")", "!"+same)
}

// spelled refuses a path that has a firewall policy of its own where it is not written as the
// policy has it: the application gateway, which compares without regard to case, may have
// chosen another one for it.
func (d *document) spelled() []element {
	if whole(d.routes) {
		return nil
	}
	var odd []string
	seen := map[string]bool{}
	for _, r := range d.routes {
		for _, m := range matchesOf(r) {
			if p := m.Path.Value; m.Path.Type != route.RegularExpression && p != "/" && !seen[m.Path.Type+p] {
				seen[m.Path.Type+p] = true
				odd = append(odd, every(on(variable(varDecoded)+".ToLowerInvariant()", m.Path.Type, strings.ToLower(p)), "!("+on(variable(varPath), m.Path.Type, p)+")"))
			}
		}
	}
	var by choice
	if len(odd) > 0 {
		by.when(some(odd...), answer("400", "Bad Request", "The path is not written as the route has it"))
	}
	return by.done()
}

// on is the condition that a path is the one of a match, or under it.
func on(path, kind, value string) string {
	if kind == route.Exact {
		return path + " == " + text(value)
	}
	return within(path, value)
}

// within holds for a path and what lies under it.
func within(path, prefix string) string {
	prefix = strings.TrimSuffix(prefix, "/")
	return some(path+" == "+text(prefix), path+".StartsWith("+text(prefix+"/")+", System.StringComparison.Ordinal)")
}

// matchesOf are the matches of all rules of a route.
func matchesOf(r *gateway.InForce) (all []route.Match) {
	for _, rule := range r.Route.Rules {
		all = append(all, rule.Matches...)
	}
	return all
}
