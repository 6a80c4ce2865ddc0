package azure

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/terrace-idp/terrace/internal/fabric/gateway/azure/capability"
	"github.com/terrace-idp/terrace/internal/kernel"
)

type cacheSpec struct {
	TTL struct {
		Default kernel.Duration `json:"default"`
		Max     kernel.Duration `json:"max"`
	} `json:"ttl"`
	Key struct {
		Headers []string `json:"headers"`
		Query   struct {
			Include []string `json:"include"`
		} `json:"query"`
	} `json:"key"`
	Bypass struct {
		Headers []string `json:"headers"`
	} `json:"bypass"`
	SetCookie         string `json:"setCookie"`
	RequestDirectives string `json:"requestDirectives"`
}

// directive finds one of Cache-Control that says seconds.
const directive = `(^|[ ,])%s=([0-9]{1,9})`

// changing are headers by which some services change what they are asked for, as the gateway
// knows them. Those that the application gateway sets itself are not among them.
func changing() []string {
	return []string{"If-Match", "If-Unmodified-Since", "Upgrade", "Transfer-Encoding", "X-Rewrite-Url", "X-Host", "X-Http-Method", "X-Http-Method-Override", "X-Method-Override", "X-Forwarded-Prefix"}
}

// cachePolicy is that of the host's routes, where they have one.
func (d *document) cachePolicy() (s cacheSpec, ok bool) {
	p, ok := d.t.shared(d.host, capability.Cache)
	if ok {
		d.read(p, &s)
	}
	return s, ok
}

// cached answers with what is stored, and keeps what the answer's storing depends on: headers
// of the request are changed on its way.
func (d *document) cached() []element {
	s, ok := d.cachePolicy()
	if !ok {
		return nil
	}
	conditions := []string{`context.Request.Method == "GET"`, `context.Request.Headers.GetValueOrDefault("Content-Length", "0") == "0"`}
	for _, name := range slices.Concat(changing(), s.Bypass.Headers) {
		conditions = append(conditions, "!context.Request.Headers.ContainsKey("+text(name)+")")
	}
	headers, parameters := d.parting(s)
	if len(parameters) > 0 { // what another parameter says may be in the answer, and would be in all of them
		name := "(" + strings.Join(quoteAll(parameters), "|") + ")"
		conditions = append(conditions, found("context.Request.Url.QueryString", `\A\??(`+name+`(=[^&]*)?(&|\z))*\z`))
	}
	all := []element{
		setVariable(varSecret, variable(varProven)+` == "" ? `+some(`context.Request.Headers.ContainsKey("Authorization") ? "true" : ""`)+` : "true"`),
		setVariable(varCookies, `context.Request.Headers.ContainsKey("Cookie") ? "true" : ""`),
		setVariable(varKept, some(every(conditions...))+` ? "true" : ""`),
	}
	e := el("cache-lookup", "vary-by-developer", "false", "vary-by-developer-groups", "false", "caching-type", "prefer-external",
		"downstream-caching-type", "none", "must-revalidate", "true", "allow-private-response-caching", "false")
	e = e.with(texts("vary-by-header", headers)...).with(texts("vary-by-query-parameter", parameters)...)
	var by choice
	by.when(variable(varKept)+` == "true"`, e)
	return append(all, by.done()...)
}

// parting are the headers and the parameters that part answers: those that the policy names,
// those by which rules are found, since the answer of one is not another's, and the host,
// where an API is that of a wildcard. No parameter is all of them.
func (d *document) parting(s cacheSpec) (headers, parameters []string) {
	headers, parameters = slices.Clone(s.Key.Headers), slices.Clone(s.Key.Query.Include)
	for _, c := range d.all {
		for _, h := range c.get().Headers {
			headers = append(headers, h.Name)
		}
		for _, q := range c.get().Query {
			if len(s.Key.Query.Include) > 0 {
				parameters = append(parameters, q.Name)
			}
		}
	}
	if strings.HasPrefix(d.host, "*.") {
		headers = append(headers, "X-Original-Host")
	}
	return distinct(headers, strings.ToLower), distinct(parameters, strings.Clone)
}

// distinct are the first of those that are alike.
func distinct(all []string, alike func(string) string) (out []string) {
	seen := map[string]bool{}
	for _, one := range all {
		if key := alike(one); !seen[key] {
			seen[key], out = true, append(out, one)
		}
	}
	return out
}

// stored keeps what an answer lets be kept for everybody.
func (d *document) stored() []element {
	s, ok := d.cachePolicy()
	if !ok {
		return nil
	}
	const said = `context.Response.Headers.GetValueOrDefault("Cache-Control", "").ToLower()`
	duration := lifetime(s, said)
	conditions := []string{
		variable(varKept) + ` == "true"`, "context.Response.StatusCode == 200",
		"!" + found(said, `no-store|no-cache|private`), `!context.Response.Headers.ContainsKey("CDN-Cache-Control")`,
		// What somebody who is known is answered is shared where the service says so (RFC 9111 §3.5).
		some(variable(varSecret)+` == ""`, found(said, `(^|[ ,])(public|must-revalidate|s-maxage=[0-9])`)),
		d.variesByKey(s), duration + " != 0",
	}
	if s.SetCookie != "strip" {
		conditions = append(conditions, `!context.Response.Headers.ContainsKey("Set-Cookie")`)
	}
	var then []element
	if s.SetCookie == "strip" {
		then = append(then, setHeader("Set-Cookie", "delete", ""))
	}
	var by choice
	by.when(every(conditions...), append(then, el("cache-store", "duration", expression(duration), "caching-type", "prefer-external"))...)
	return by.done()
}

// lifetime is how long an answer is good, in seconds. The policy's own time is for one that
// says nothing of it, to a request without cookies: else it may be somebody's own.
func lifetime(s cacheSpec, said string) string {
	age := func(name string) string {
		pattern := fmt.Sprintf(directive, name)
		return found(said, pattern) + " ? int.Parse(System.Text.RegularExpressions.Regex.Match(" + said + ", " + text(pattern) + ").Groups[2].Value) : "
	}
	silent := some(said+`.Contains("max")`, `context.Response.Headers.ContainsKey("Expires")`, variable(varCookies)+` != ""`)
	fallback := some(silent + " ? 0 : " + strconv.FormatInt(int64(time.Duration(s.TTL.Default)/time.Second), 10))
	duration := some(age("s-maxage") + some(age("max-age")+fallback))
	if s.TTL.Max > 0 {
		duration = "System.Math.Min(" + duration + ", " + strconv.FormatInt(seconds(int64(s.TTL.Max)), 10) + ")"
	}
	return duration
}

// variesByKey holds for an answer that varies by what parts answers alone.
func (d *document) variesByKey(s cacheSpec) string {
	headers, _ := d.parting(s)
	pattern := `\A\s*\z`
	if len(headers) > 0 {
		names := "(" + strings.ToLower(strings.Join(quoteAll(headers), "|")) + ")"
		pattern = `\A\s*(` + names + `(\s*,\s*` + names + `)*)?\s*\z`
	}
	return found(`context.Response.Headers.GetValueOrDefault("Vary", "").ToLower()`, pattern)
}

// found holds where an expression of this package's own finds something.
func found(in, pattern string) string {
	return "System.Text.RegularExpressions.Regex.IsMatch(" + in + ", " + text(pattern) + ")"
}
