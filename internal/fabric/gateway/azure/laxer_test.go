package azure_test

import (
	"fmt"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/terrace-idp/terrace/internal/fabric/gateway"
	"github.com/terrace-idp/terrace/internal/fabric/gateway/azure"
)

// only is the policy document of the one host of some routes.
func only(t *testing.T, routes ...gateway.InForce) string {
	t.Helper()
	value, _ := azure.Translate(azure.Input{Domain: "internal.example.org", Routes: routes})
	if len(value.APIManagement.APIs) != 1 {
		t.Fatalf("there are %d APIs", len(value.APIManagement.APIs))
	}
	for _, api := range value.APIManagement.APIs {
		sound(t, api.Policy.XML)
		return api.Policy.XML
	}
	return ""
}

// apiOf is the API of a host, siteOf what the application gateway has for it.
func apiOf(t *testing.T, value azure.Value, host string) azure.API {
	t.Helper()
	for _, api := range value.APIManagement.APIs {
		if api.DisplayName == host {
			return api
		}
	}
	t.Fatalf("%s has no API", host)
	return azure.API{}
}

func siteOf(t *testing.T, value azure.Value, host string) azure.Site {
	t.Helper()
	for _, s := range value.Sites {
		if s.Host == host {
			return s
		}
	}
	t.Fatalf("%s has no site", host)
	return azure.Site{}
}

// refusal tells whether something is refused with some words.
func refusal(told []gateway.Judgement, kind, path, message string) bool {
	return slices.ContainsFunc(told, func(j gateway.Judgement) bool {
		return j.Refused && j.Kind == kind && j.Problem.Path == path && strings.Contains(j.Problem.Message, message) && j.Problem.Fix != ""
	})
}

const keyed = `{"forwardCredential": false, "providers": [{"name": "a", "apiKey": {"query": "api_key", "keys": [{"name": "batch", "sha256": "41ef4bb0b23661e66301aac36066912dac037827b4ae63a7b1165a5aa93ed4eb"}]}}]}`

// TestTheCacheKeepsCallersApart: what is answered to somebody who is known is not kept for
// others, nor what is answered to a cookie or another host, nor what varies by what is in no key.
func TestTheCacheKeepsCallersApart(t *testing.T) {
	t.Parallel()
	spec := `{"hosts": ["*.example.com"], "rules": [{"matches": [{"headers": [{"name": "X-Beta", "value": "1"}], "queryParams": [{"name": "v", "value": "2"}]}], "backends": [{"service": "next"}]}, {"backends": [{"service": "web"}]}]}`
	xml := only(t, inForce(t, "a", spec, map[string]string{
		"AuthenticationPolicy": keyed, "CachePolicy": `{"ttl": {"default": "30s"}, "key": {"headers": ["Accept-Language"], "query": {"include": ["q"]}}, "bypass": {"headers": ["X-Preview"]}}`,
	}))
	inbound, outbound, _ := strings.Cut(xml, "<outbound>")
	for _, has := range []string{
		`name="terrace-secret" value='@(((string)context.Variables["terrace-proven"]) == "" ? `, // a known caller, or one with Authorization
		"<vary-by-header>Accept-Language<", "<vary-by-header>X-Beta<", "<vary-by-header>X-Original-Host<", // one rule's answers are no other's, one host's neither
		"<vary-by-query-parameter>q<", "<vary-by-query-parameter>v<",
		`Url.QueryString, "\u005cA\u005c??((q|v)(=`, `ContainsKey("X-Http-Method-Override")`, `ContainsKey("X-Preview")`, // what may change the answer goes past the cache
	} {
		if !strings.Contains(inbound, has) {
			t.Errorf("there is no %s in %s", has, inbound)
		}
	}
	for _, has := range []string{
		`(((string)context.Variables["terrace-secret"]) == "" || `, `(public|must-revalidate|s-maxage=[0-9])`, `((string)context.Variables["terrace-kept"]) == "true"`,
		`((string)context.Variables["terrace-cookies"]) != ""`, `ContainsKey("Expires")`, `GetValueOrDefault("Cache-Control", "").ToLower()`,
		`GetValueOrDefault("Vary", "").ToLower(), "\u005cA\u005cs*((accept-language|x-beta|`,
	} {
		if !strings.Contains(outbound, has) {
			t.Errorf("there is no %s in %s", has, outbound)
		}
	}
}

// TestOnePolicyOfAKindInADocument: API Management takes a cache and a validation once in a
// part of a document, however many routes a host has.
func TestOnePolicyOfAKindInADocument(t *testing.T) {
	t.Parallel()
	policies := map[string]string{"CachePolicy": `{}`, "ValidationPolicy": `{"apis": [{"api": "orders", "version": "1"}], "responses": "block"}`}
	value, told := azure.Translate(azure.Input{Documents: published(ordersAPI), Routes: []gateway.InForce{
		inForce(t, "a", simple, policies),
		inForce(t, "b", `{"hosts": ["a.example.com"], "rules": [{"matches": [{"path": {"value": "/b"}}], "backends": [{"service": "web"}]}]}`, policies),
	}})
	for _, j := range told {
		if j.Refused {
			t.Errorf("%+v", j)
		}
	}
	for _, api := range value.APIManagement.APIs {
		sound(t, api.Policy.XML)
		if strings.Count(api.Policy.XML, "<cache-lookup") != 1 || strings.Count(api.Policy.XML, "<cache-store") != 1 || strings.Count(api.Policy.XML, "<validate-content") != 2 {
			t.Error(api.Policy.XML)
		}
	}
}

// TestAFirewallThatOnlyDetects leaves nothing undone that is no rule of its own.
func TestAFirewallThatOnlyDetects(t *testing.T) {
	t.Parallel()
	limits := `{"limits": [{"windows": [{"limit": 7, "per": "1m"}]}]}`
	for mode, at := range map[string]string{"Detection": "API Management", "Blocking": "the firewall"} {
		value, _ := azure.Translate(azure.Input{Routes: []gateway.InForce{inForce(t, "a", simple, map[string]string{"WafPolicy": `{"mode": "` + mode + `"}`, "ClientRateLimitPolicy": limits})}})
		counted := ""
		for _, api := range value.APIManagement.APIs {
			if strings.Contains(api.Policy.XML, `<rate-limit-by-key calls="7"`) {
				counted += "API Management"
			}
		}
		for _, s := range value.Sites {
			if _, ok := s.WAF.CustomRules["rate00"]; ok {
				counted += "the firewall"
			}
		}
		if counted != at {
			t.Errorf("%s: counted by %q", mode, counted)
		}
	}
	_, told := azure.Translate(azure.Input{Routes: []gateway.InForce{inForce(t, "a", simple, map[string]string{"WafPolicy": `{"mode": "Detection"}`, "AccessPolicy": `{"deny": ["10.0.0.0/8"]}`})}})
	if !refusal(told, "WafPolicy", "mode", "addresses") {
		t.Errorf("%+v", told)
	}
}

// pathPattern is the expression by which a document refuses paths, as Go reads it.
func pathPattern(t *testing.T, xml string) *regexp.Regexp {
	t.Helper()
	of := regexp.MustCompile(`IsMatch\(\(\(string\)context\.Variables\["terrace-path"\]\), "([^"]*)"\)`).FindStringSubmatch(xml)
	if of == nil {
		t.Fatalf("nothing looks at the path: %s", xml)
	}
	plain := regexp.MustCompile(`\\u00([0-9a-f]{2})`).ReplaceAllStringFunc(of[1], func(s string) string {
		var r rune
		_, _ = fmt.Sscanf(s, `\u%04x`, &r)
		return string(r)
	})
	// RE2 has no look-ahead; the rest of a broken escape is asked for by hand.
	return regexp.MustCompile(strings.ReplaceAll(plain, "(?![0-9a-fA-F]{2})", "([^0-9a-fA-F]|.[^0-9a-fA-F]|.?$)"))
}

// TestPathsAreJudgedAsServicesReadThem: rules are found by the decoded path, and a path that
// the application gateway, API Management and a service could read as different ones is refused.
func TestPathsAreJudgedAsServicesReadThem(t *testing.T) {
	t.Parallel()
	xml := only(t, inForce(t, "a", `{"hosts": ["a.example.com"], "rules": [{"backends": [{"service": "web"}]}, {"matches": [{"path": {"value": "/admin"}}], "rewrite": {"prefix": "/"}, "backends": [{"service": "admin"}]}]}`, nil))
	unclear := pathPattern(t, xml)
	for path, is := range map[string]bool{
		"//admin/users": true, "/a//b": true, `/a\admin`: true, "/a/../admin": true, "/a/.": true, "/./admin": true, "/a/%2e%2E/admin": true, "/a/..;x/admin": true,
		"/a/..%2fadmin": true, "/a%5c..%5cadmin": true, "/a%00": true, "/a%7F": true, "/a%zz": true, "/a%2": true,
		"/": false, "/admin/": false, "/a.b/..c/d..": false, "/group%2Fproject": false, "/%61dmin": false, "/gr%C3%B6sse": false, "/.well-known/x": false,
	} {
		if unclear.MatchString(path) != is {
			t.Errorf("%s is refused: %v", path, !is)
		}
	}
	for _, has := range []string{
		`set-status code="400"`, `((string)context.Variables["terrace-decoded"]) == "/admin"`, `"terrace-decoded" value='@(System.Uri.UnescapeDataString(`,
		`.StartsWith("/admin", System.StringComparison.OrdinalIgnoreCase)`, // what is cut off has to be there as it is
		`"X-Original-Host"`, `set-status code="421"`, // a path that leads to another host's API
	} {
		if !strings.Contains(xml, has) {
			t.Errorf("there is no %s in %s", has, xml)
		}
	}
}

// TestCredentialsStayWithTheGateway: a key that the service is not told is in no copy and in
// no redirect, wherever API Management takes it from.
func TestCredentialsStayWithTheGateway(t *testing.T) {
	t.Parallel()
	xml := only(t, inForce(t, "a", `{"hosts": ["a.example.com"], "rules": [{"backends": [{"service": "web"}], "mirrors": [{"service": "next"}]}, {"matches": [{"path": {"value": "/old"}}], "redirect": {"prefix": "/new"}}]}`,
		map[string]string{"AuthenticationPolicy": keyed}))
	_, after, _ := strings.Cut(xml, `<set-query-parameter name="api_key" exists-action="delete"`)
	if strings.Contains(after, "OriginalUrl.QueryString") || strings.Count(after, "context.Request.Url.QueryString") != 2 {
		t.Error(after)
	}
	if !strings.Contains(xml, `@(context.Request.OriginalUrl.Query["api_key"].Length != 1)`) {
		t.Errorf("of two keys the service may take the other one: %s", xml)
	}
	for _, place := range []string{`"header": "X-Key"`, `"query": "key"`} {
		xml := only(t, inForce(t, "a", simple, map[string]string{"AuthenticationPolicy": `{"forwardCredential": false, "providers": [{"name": "a", "apiKey": {` + place + `, "products": true}}]}`}))
		header, query := "X-Key", "subscription-key"
		if strings.Contains(place, "query") {
			header, query = "Ocp-Apim-Subscription-Key", "key"
		}
		if !strings.Contains(xml, `<set-header name="`+header+`" exists-action="delete"`) || !strings.Contains(xml, `<set-query-parameter name="`+query+`" exists-action="delete"`) {
			t.Errorf("%s: the service gets the key: %s", place, xml)
		}
	}
}

// TestServicesAreToldTheTruth: what a client says of itself in the place of a proxy or of the
// gateway reaches no service.
func TestServicesAreToldTheTruth(t *testing.T) {
	t.Parallel()
	xml := only(t, inForce(t, "a", simple, map[string]string{
		"AuthenticationPolicy": strings.Replace(keyed, "{", `{"claimsToHeaders": [{"claim": "sub", "header": "X-User-Id"}], `, 1),
	}))
	for _, has := range []string{
		`name="X-Forwarded-For" exists-action="override">`, `<value>@(((string)context.Variables["terrace-client"]))<`, `name="X-Forwarded-Host" exists-action="override">`, `name="Forwarded" exists-action="delete"`, `name="Terrace-Mirrored" exists-action="delete"`,
	} {
		if !strings.Contains(xml, has) {
			t.Errorf("there is no %s in %s", has, xml)
		}
	}
	if strings.Index(xml, `name="X-Forwarded-For"`) > strings.Index(xml, "<set-backend-service") {
		t.Error("the service is called before its headers are set")
	}
	refuses := func(name string) bool {
		for _, of := range regexp.MustCompile(`Keys\) \+ ","\)\.ToLower\(\), "([^"]*)"`).FindAllStringSubmatch(xml, -1) {
			// RE2 has no look-ahead: what is let past is looked for by hand.
			but := regexp.MustCompile(`\(\?!([^)]*)\)`).FindStringSubmatch(of[1])
			pattern := strings.Replace(of[1], but[0], "", 1)
			if !regexp.MustCompile("^,("+but[1]+")").MatchString(","+name+",") && regexp.MustCompile(pattern).MatchString(","+name+",") {
				return true
			}
		}
		return false
	}
	for name, is := range map[string]bool{
		"terrace-consumer": true, "x-forwarded-user": true, "x_forwarded_for": true, "x-real_ip": true, "content_length": true, "x_user_id": true, "x-user_id": true,
		"x-forwarded-for": false, "x-real-ip": false, "x-user-id": false, "x-user-idea": false, "accept": false, "content-length": false,
	} {
		if refuses(name) != is {
			t.Errorf("%s is refused: %v", name, !is)
		}
	}
}

// TestNamesThatReadAlike are told apart: those of APIs, sites, their paths and backends.
func TestNamesThatReadAlike(t *testing.T) {
	t.Parallel()
	host := func(h, service string) string {
		return `{"hosts": ["` + h + `"], "rules": [{"backends": [{"service": "` + service + `", "protocol": "http"}]}]}`
	}
	value, _ := azure.Translate(azure.Input{Routes: []gateway.InForce{
		inForce(t, "a", host("a-b.example.com", "web"), nil), inForce(t, "b", host("a.b.example.com", "web-http"), nil), inForce(t, "c", host("any.example.com", "web"), nil), inForce(t, "d", host("*.example.com", "web"), nil),
	}})
	if len(value.APIManagement.APIs) != 4 || len(value.Sites) != 4 {
		t.Errorf("%d APIs and %d sites of 4 hosts", len(value.APIManagement.APIs), len(value.Sites))
	}
	names := map[string]bool{}
	for project, service := range map[string]string{"shop": "a-b", "shop-a": "b"} {
		one := inForce(t, "a", host("a.example.com", service), nil)
		one.Route.Scope.Project = project
		value, _ = azure.Translate(azure.Input{Routes: []gateway.InForce{one}})
		for name := range value.APIManagement.Backends {
			names[name] = true
		}
	}
	if len(names) != 2 {
		t.Errorf("two projects have one backend: %v", names)
	}
	parted := func(name, path string) gateway.InForce {
		one := inForce(t, name, `{"hosts": ["a.example.com"], "rules": [{"matches": [{"path": {"value": "`+path+`"}}], "backends": [{"service": "web"}]}]}`, map[string]string{"WafPolicy": `{}`})
		one.Policies[0].Name = "of" + path
		return one
	}
	value, _ = azure.Translate(azure.Input{Routes: []gateway.InForce{parted("all", "/"), parted("a.b", "/x"), parted("a-b", "/y")}})
	for _, s := range value.Sites {
		if len(s.Paths) != 2 {
			t.Errorf("two routes have one firewall policy: %+v", s.Paths)
		}
	}
}

// onPath is a route for a path of a host, with a firewall policy of its own.
func onPath(t *testing.T, name, match string) gateway.InForce {
	t.Helper()
	one := inForce(t, name, `{"hosts": ["a.example.com"], "rules": [{"matches": [`+match+`], "backends": [{"service": "web"}]}]}`, map[string]string{"WafPolicy": `{}`})
	one.Policies[0].Name = "of-" + name
	return one
}

// TestTheFirewallOfAPath is the one of the route that takes the path: the application gateway
// takes the first that fits, whatever the case of letters, and looks at nothing but the path.
func TestTheFirewallOfAPath(t *testing.T) {
	t.Parallel()
	routes := []gateway.InForce{onPath(t, "a", `{"path": {"value": "/x"}}`), onPath(t, "b", `{"path": {"value": "/x/Y"}}`), onPath(t, "c", `{"path": {"type": "Exact", "value": "/x"}}`), onPath(t, "rest", `{}`)}
	value, told := azure.Translate(azure.Input{Routes: routes})
	for _, j := range told {
		if j.Refused {
			t.Errorf("%+v", j)
		}
	}
	order := map[string]int{}
	for name, p := range siteOf(t, value, "a.example.com").Paths {
		order[name[:1]] = p.Order
	}
	if len(order) != 3 || order["a"] < order["b"] || order["a"] < order["c"] {
		t.Errorf("%v", order)
	}
	xml := apiOf(t, value, "a.example.com").Policy.XML
	sound(t, xml)
	if !strings.Contains(xml, `.ToLowerInvariant() == "/x/y" || `) || !strings.Contains(xml, "not written as the route has it") {
		t.Errorf("a path in another case of letters is let past its firewall: %s", xml)
	}
	for name, c := range map[string]struct{ a, b, path string }{
		"one path":                  {`{"path": {"value": "/x"}, "method": "GET"}`, `{"path": {"value": "/x"}, "method": "POST"}`, "rules[0].matches[0]"},
		"one path in another case":  {`{"path": {"value": "/x"}}`, `{"path": {"value": "/X"}}`, "rules[0].matches[0]"},
		"a header, and all others":  {`{"path": {"value": "/x"}, "headers": [{"name": "X-A", "value": "1"}]}`, `{}`, "rules[0].matches[0]"},
		"within each other":         {`{"path": {"value": "/x"}}, {"path": {"value": "/y/z"}}`, `{"path": {"value": "/y"}}, {"path": {"value": "/x/z"}}`, ""},
		"what has to be encoded":    {`{"path": {"value": "/größe"}}`, `{}`, "rules[0].matches[0].path.value"},
		"all others, in two routes": {`{"method": "GET"}`, `{}`, "rules[0].matches[0]"},
	} {
		if _, told := azure.Translate(azure.Input{Routes: []gateway.InForce{onPath(t, "a", c.a), onPath(t, "b", c.b)}}); !refusal(told, "Route", c.path, "which") {
			t.Errorf("%s: %+v", name, told)
		}
	}
}

// TestClientsHaveWholeAddresses: a port is cut off an address, and nothing else.
func TestClientsHaveWholeAddresses(t *testing.T) {
	t.Parallel()
	xml := only(t, inForce(t, "a", simple, nil))
	of := regexp.MustCompile(`name="terrace-client".*Regex\.Replace\(.*, "([^"]*)", "([^"]*)"\)`).FindStringSubmatch(xml)
	if of == nil {
		t.Fatalf("the client: %s", xml)
	}
	pattern := regexp.MustCompile(strings.ReplaceAll(of[1], `\u005c`, `\`))
	for said, address := range map[string]string{
		"192.0.2.1": "192.0.2.1", "192.0.2.1:4711": "192.0.2.1", "2001:db8::1": "2001:db8::1", "[2001:db8::1]:4711": "2001:db8::1", "[2001:db8::1]": "2001:db8::1", "::ffff:192.0.2.1": "::ffff:192.0.2.1",
	} {
		if got := pattern.ReplaceAllString(said, strings.NewReplacer("$1", "${1}", "$2", "${2}").Replace(of[2])); got != address {
			t.Errorf("%s is the client %s", said, got)
		}
	}
}

// TestKeysOfLimitsReadAlikeForNobody: a client cannot say a header so that it counts as
// another one's address, nor as two headers.
func TestKeysOfLimitsReadAlikeForNobody(t *testing.T) {
	t.Parallel()
	xml := only(t, inForce(t, "a", simple, map[string]string{
		"AuthenticationPolicy": keyed, "RateLimitPolicy": `{"limits": [{"key": ["consumer", "header:X-A"], "windows": [{"limit": 1, "per": "1m"}]}]}`,
	}))
	if !strings.Contains(xml, `string.IsNullOrEmpty(`) || strings.Count(xml, `.Length + ":" + `) != 2 || !strings.Contains(xml, `@("a/batch")`) {
		t.Error(xml)
	}
}
