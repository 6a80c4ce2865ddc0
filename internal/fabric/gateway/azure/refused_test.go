package azure_test

import (
	"encoding/json"
	"fmt"
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/terrace-idp/terrace/internal/fabric/gateway"
	"github.com/terrace-idp/terrace/internal/fabric/gateway/azure"
	"github.com/terrace-idp/terrace/internal/fabric/gateway/azure/capability"
	"github.com/terrace-idp/terrace/internal/fabric/gateway/filter/filtertest"
)

// route is one of a host, in force with policies by kind.
func inForce(t *testing.T, name, spec string, policies map[string]string) gateway.InForce {
	t.Helper()
	r := gateway.Route{Name: name, Scope: filtertest.Scope()}
	if err := json.Unmarshal([]byte(spec), &r); err != nil {
		t.Fatal(err)
	}
	r, err := r.Normalize()
	if err != nil {
		t.Fatal(err)
	}
	one := gateway.InForce{Route: r}
	for kind, spec := range policies {
		one.Policies = append(one.Policies, gateway.Policy{Scope: filtertest.Scope(), Name: strings.ToLower(kind), Kind: kind, Spec: json.RawMessage(spec)})
	}
	slices.SortFunc(one.Policies, func(a, b gateway.Policy) int { return strings.Compare(a.Kind, b.Kind) })
	return one
}

const simple = `{"hosts": ["a.example.com"], "rules": [{"backends": [{"service": "web"}]}]}`

// TestWhatAzureCannotDoIsTold: nothing that a document says is left out without a word.
func TestWhatAzureCannotDoIsTold(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct{ route, kind, spec, path, message string }{
		"a kind":                   {simple, "MarkPolicy", `{"say": "x"}`, "", "nothing of Azure does what a MarkPolicy says"},
		"a field of the future":    {simple, "CorsPolicy", `{"origins": ["https://a.example"], "privateNetwork": true}`, "privateNetwork", "knows nothing like it"},
		"an expression of RE2":     {`{"hosts": ["a.example.com"], "rules": [{"matches": [{"path": {"type": "RegularExpression", "value": "/\\pL+"}}], "backends": [{"service": "web"}]}]}`, "", "", "rules[0].matches[0].path.value", "beyond U+FFFF"},
		"an expression that tries": {`{"hosts": ["a.example.com"], "rules": [{"matches": [{"headers": [{"name": "X-A", "type": "RegularExpression", "value": "(a+)+b"}]}], "backends": [{"service": "web"}]}]}`, "", "", "rules[0].matches[0].headers[0].value", "repeats what repeats itself"},
		"gRPC":                     {`{"hosts": ["a.example.com"], "rules": [{"backends": [{"service": "web", "protocol": "grpc"}]}]}`, "", "", "rules[0].backends[0].protocol", "HTTP/1.1"},
		"a session":                {`{"hosts": ["a.example.com"], "rules": [{"backends": [{"service": "web"}], "session": {"cookieName": "x"}}]}`, "", "", "rules[0].session", "no client with an instance"},
		"a long time":              {`{"hosts": ["a.example.com"], "rules": [{"backends": [{"service": "web"}], "timeouts": {"request": "5m"}}]}`, "", "", "rules[0].timeouts.request", "four minutes"},
		"a window of no seconds":   {simple, "RateLimitPolicy", `{"limits": [{"windows": [{"limit": 1, "per": "1500ms"}]}]}`, "limits[0].windows[0].per", "whole seconds"},
		"bytes in a minute":        {simple, "RateLimitPolicy", `{"limits": [{"count": "bytes", "windows": [{"limit": 1, "per": "1m"}]}]}`, "limits[0].windows[0].per", "at least 5m"},
		"a key of tomorrow":        {simple, "RateLimitPolicy", `{"limits": [{"key": ["client", "moon"], "windows": [{"limit": 1, "per": "1m"}]}]}`, "limits[0].key[1]", "nothing counts by moon"},
		"Rego":                     {simple, "AuthorizationPolicy", `{"rego": {"module": "package authz"}}`, "rego", "runs no Rego"},
		"a role within":            {simple, "AuthorizationPolicy", `{"rules": [{"roles": ["a"]}], "roleClaim": "/realm/roles"}`, "roleClaim", "within a claim"},
		"a claim of a rule":        {simple, "AuthorizationPolicy", `{"rules": [{"claims": [{"name": "/a/b"}]}]}`, "rules[0].claims[0].name", "within a claim"},
		"scopes within":            {simple, "AuthenticationPolicy", `{"providers": [{"name": "a", "jwt": {"issuers": [{"issuer": "https://a.example"}], "audiences": ["a"], "scopeClaim": "/a/b"}}]}`, "providers[0].jwt.scopeClaim", "within a claim"},
		"certificates of clients":  {simple, "AuthenticationPolicy", `{"providers": [{"name": "a", "mtls": {"authorities": "x"}}]}`, "providers[0].mtls", "believe a header"},
		"a promise":                {simple, "ServiceLevelObjective", `{"objectives": [{"indicatorRef": "availability", "target": 0.9}]}`, "objectives", "does not count"},
		"a log":                    {simple, "TelemetryPolicy", `{"accessLog": {"mode": "off"}}`, "accessLog", "whole service"},
		"a name of its own":        {`{"hosts": ["a.example.com"], "rules": [{"backends": [{"url": "https://b.example.org", "tls": {"serverName": "c.example.org"}}]}]}`, "", "", "rules[0].backends[0].tls.serverName", "asks for the name in the address"},
		"an address inside":        {`{"hosts": ["a.example.com"], "rules": [{"backends": [{"url": "http://169.254.169.254"}]}]}`, "", "", "rules[0].backends[0].url", "an address inside"},
		"a way back":               {`{"hosts": ["*.example.com"], "rules": [{"backends": [{"url": "https://b.example.com:8443"}]}]}`, "", "", "rules[0].backends[0].url", "would come back"},
		"a service by a host":      {`{"hosts": ["web.shop.internal.example.org"], "rules": [{"backends": [{"service": "web"}]}]}`, "", "", "rules[0].backends[0].service", "is a host of the stage, too"},
		"a name of a workload":     {`{"hosts": ["a.example.com"], "rules": [{"backends": [{"url": "https://web.other.internal.example.org"}]}]}`, "", "", "rules[0].backends[0].url", "name of the stage's workloads"},
		"a copy's circuit":         {`{"hosts": ["a.example.com"], "rules": [{"backends": [{"service": "web"}], "mirrors": [{"service": "next", "breaker": {"errorPercent": 50}}]}]}`, "", "", "rules[0].mirrors[0].breaker", "copies go past"},
		"a level that is tried":    {simple, "WafPolicy", `{"detectionParanoiaLevel": 2}`, "detectionParanoiaLevel", "never with more"},
		"keys beside products":     {simple, "AuthenticationPolicy", `{"providers": [{"name": "a", "apiKey": {"header": "X-Key", "products": true, "keys": [{"name": "a", "sha256": "00"}]}}]}`, "providers[0].apiKey.keys", "no key of its own"},
		"a prefix of keys":         {simple, "AuthenticationPolicy", `{"providers": [{"name": "a", "apiKey": {"header": "X-Key", "products": true, "prefix": "acme_"}}]}`, "providers[0].apiKey.prefix", "makes the keys"},
		"an address of keys":       {simple, "AuthenticationPolicy", `{"providers": [{"name": "a", "jwt": {"issuers": [{"issuer": "https://a.example", "jwksUrl": "https://a.example/k"}], "audiences": ["a"]}}]}`, "providers[0].jwt.issuers[0].jwksUrl", "discovery"},
		"a sign-in":                {simple, "AuthenticationPolicy", `{"providers": [{"name": "a", "oidc": {"issuer": "https://a.example", "clientId": "a"}}]}`, "providers[0].oidc", "no sessions of browsers"},
		"a claim within":           {simple, "AuthenticationPolicy", `{"providers": [], "claimsToHeaders": [{"claim": "/a/b", "header": "X-A"}]}`, "claimsToHeaders[0].claim", "within a claim"},
		"origins by a pattern":     {simple, "CorsPolicy", `{"origins": ["https://*.example.com"]}`, "origins[0]", "pattern"},
		"proxies":                  {simple, "AccessPolicy", `{"trustedProxies": ["10.0.0.0/8"]}`, "trustedProxies", "stands first"},
		"paranoia":                 {simple, "WafPolicy", `{"paranoiaLevel": 3}`, "paranoiaLevel", "no level 3"},
		"a threshold":              {simple, "WafPolicy", `{"inboundThreshold": 10}`, "inboundThreshold", "the threshold is 5"},
		"SecLang":                  {simple, "WafPolicy", `{"rules": "SecAction \"id:1\""}`, "rules", "SecLang"},
		"a target by expression":   {simple, "WafPolicy", `{"exclusions": [{"rules": [942100], "targets": ["ARGS:/a+/"]}]}`, "exclusions[0].targets[0]", "an expression"},
		"a body of half a KB":      {simple, "WafPolicy", `{"body": {"limit": 9000}}`, "body.limit", "whole KB"},
		"stale answers":            {simple, "CachePolicy", `{"stale": {"ifError": "1h"}}`, "stale", "no old answers"},
		"a document nobody knows":  {simple, "ValidationPolicy", `{"apis": [{"api": "orders", "version": "1"}]}`, "apis[0].api", "not published"},
	} {
		policies := map[string]string{}
		if c.kind != "" {
			policies[c.kind] = c.spec
		}
		_, told := azure.Translate(azure.Input{Domain: "internal.example.org", Routes: []gateway.InForce{inForce(t, "a", c.route, policies)}})
		if !slices.ContainsFunc(told, func(j gateway.Judgement) bool {
			return j.Refused && j.Problem.Path == c.path && strings.Contains(j.Problem.Message, c.message) && (c.kind == "" || j.Kind == c.kind)
		}) {
			t.Errorf("%s: %+v", name, told)
		}
	}
}

// TestWhatOnlyComesCloseIsTold, and does not stop anything.
func TestWhatOnlyComesCloseIsTold(t *testing.T) {
	t.Parallel()
	_, told := azure.Translate(azure.Input{Routes: []gateway.InForce{inForce(t, "a", simple, map[string]string{
		"RateLimitPolicy": `{"limits": [{"windows": [{"limit": 10, "per": "1m", "burst": 20}]}]}`,
	})}})
	if !slices.ContainsFunc(told, func(j gateway.Judgement) bool {
		return !j.Refused && j.Problem.Path == "limits[0].windows[0].burst" && strings.Contains(j.Problem.Message, "never more")
	}) || slices.ContainsFunc(told, func(j gateway.Judgement) bool { return j.Refused }) {
		t.Errorf("%+v", told)
	}
	_, told = azure.Translate(azure.Input{Routes: []gateway.InForce{inForce(t, "a", `{"hosts": ["a.example.com"], "rules": [{"matches": [{"path": {"type": "RegularExpression", "value": "/[[:alpha:]]+"}}], "backends": [{"service": "web"}]}]}`, nil)}})
	if len(told) != 1 || told[0].Refused || told[0].Problem.Path != "rules[0].matches[0].path.value" || !strings.Contains(told[0].Problem.Message, "100 ms") {
		t.Errorf("an expression: %+v", told)
	}
}

// TestRoutesOfOneHost: what API Management takes once for a host is refused where routes
// differ in it, and policies of the firewall are parted by paths.
func TestRoutesOfOneHost(t *testing.T) {
	t.Parallel()
	all := []gateway.InForce{
		inForce(t, "a", simple, map[string]string{"WafPolicy": `{"mode": "Detection"}`}),
		inForce(t, "b", `{"hosts": ["a.example.com"], "rules": [{"matches": [{"path": {"value": "/b"}}], "backends": [{"service": "web"}]}]}`,
			map[string]string{"CorsPolicy": `{"origins": ["*"]}`, "WafPolicy": `{}`}),
	}
	all[1].Policies[1].Name = "strict"
	value, told := azure.Translate(azure.Input{Routes: all})
	if !slices.ContainsFunc(told, func(j gateway.Judgement) bool {
		return j.Refused && j.Kind == "CorsPolicy" && strings.Contains(j.Problem.Message, "different policies")
	}) {
		t.Errorf("%+v", told)
	}
	site := siteOf(t, value, "a.example.com")
	if site.WAF == nil || site.WAF.Mode != "Detection" || len(site.Paths) != 1 {
		t.Errorf("%+v", site)
	}
	for name, p := range site.Paths {
		if !strings.HasPrefix(name, "b-") || p.WAF.Mode != "Prevention" || !slices.Equal(p.Paths, []string{"/b", "/b/*"}) {
			t.Errorf("%s: %+v", name, p)
		}
	}
}

// TestWhatPeopleWriteStaysText: nothing in a document becomes a part of a policy document.
func TestWhatPeopleWriteStaysText(t *testing.T) {
	t.Parallel()
	evil := `a"&<>'{{b}}@(c)\` + "`${d}\U0001F600\u00e9"
	raw, err := json.Marshal(evil)
	if err != nil {
		t.Fatal(err)
	}
	spec := fmt.Sprintf(`{"hosts": ["a.example.com"], "rules": [{"matches": [{"headers": [{"name": "X-A", "value": %[1]s}], "queryParams": [{"name": %[1]s, "value": %[1]s}]}],
		"requestHeaders": {"set": [{"name": "X'&b", "value": %[1]s}, {"name": "X-C", "value": "@(c)"}]}, "backends": [{"service": "web"}]}]}`, raw)
	value, _ := azure.Translate(azure.Input{Routes: []gateway.InForce{inForce(t, "a", spec, nil)}})
	sound(t, apiOf(t, value, "a.example.com").Policy.XML)
	for _, api := range value.APIManagement.APIs {
		if strings.Contains(api.Policy.XML, ">@(c)<") || !strings.Contains(api.Policy.XML, `\U0001f600\u00e9`) {
			t.Error(api.Policy.XML)
		}
	}
}

// TestTheGuideHasTheTable: what the guide says is what the translation does.
func TestTheGuideHasTheTable(t *testing.T) {
	t.Parallel()
	const file = "../../../../docs/guide/gateway-azure.md"
	text, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	between := regexp.MustCompile(`(?s)(<!-- table -->\n).*(\n<!-- end of the table -->)`)
	want := between.ReplaceAllString(string(text), "${1}"+strings.ReplaceAll(table(), "$", "$$")+"${2}")
	if os.Getenv("UPDATE") != "" {
		if err := os.WriteFile(file, []byte(want), 0o600); err != nil {
			t.Fatal(err)
		}
	} else if want != string(text) || !between.Match(text) {
		t.Error("the table in the guide is not that of the translation: UPDATE=1 writes it")
	}
}

func table() string {
	var b strings.Builder
	for _, kind := range capability.Kinds() {
		_, _ = fmt.Fprintf(&b, "\n### %s\n\n| field | on Azure | by | what differs, or what to do instead |\n|---|---|---|---|\n", kind)
		for _, c := range capability.All() {
			if c.Kind == kind {
				field := "`" + c.Field + "`"
				if c.Field == "" {
					field = "all of it"
				}
				says := c.Says
				if c.Do != "" {
					says += ": " + c.Do
				}
				_, _ = fmt.Fprintf(&b, "| %s | %s | %s | %s |\n", field, c.How, c.By, says)
			}
		}
	}
	return strings.TrimSpace(b.String())
}
