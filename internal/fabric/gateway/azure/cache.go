package azure

import (
	"strconv"
	"time"

	"github.com/terrace-idp/terrace/internal/fabric/gateway"
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

// cachePolicy is that of a route, where its host has one.
func (d *document) cachePolicy(r *gateway.InForce) (s cacheSpec, ok bool) {
	if _, ok = policy(r, capability.Cache); !ok {
		return s, false
	}
	p, ok := d.t.shared(d.host, capability.Cache)
	if ok {
		d.read(p, &s)
	}
	return s, ok
}

// cached answers with what is stored.
func (d *document) cached(r *gateway.InForce) []element {
	s, ok := d.cachePolicy(r)
	if !ok {
		return nil
	}
	e := el("cache-lookup", "vary-by-developer", "false", "vary-by-developer-groups", "false", "caching-type", "prefer-external",
		"downstream-caching-type", "none", "must-revalidate", "true", "allow-private-response-caching", "false")
	e = e.with(texts("vary-by-header", s.Key.Headers)...).with(texts("vary-by-query-parameter", s.Key.Query.Include)...)
	if len(s.Bypass.Headers) == 0 {
		return []element{e}
	}
	var conditions []string
	for _, name := range s.Bypass.Headers {
		conditions = append(conditions, header(name)+" == null")
	}
	var by choice
	by.when(every(conditions...), e)
	return by.done()
}

// stored keeps what an answer lets be kept.
func (d *document) stored(r *gateway.InForce) []element {
	s, ok := d.cachePolicy(r)
	if !ok {
		return nil
	}
	const said = `context.Response.Headers.GetValueOrDefault("Cache-Control", "")`
	age := func(name string) (has, value string) {
		pattern := text(`(^|[ ,])` + name + `=([0-9]{1,9})`)
		return "System.Text.RegularExpressions.Regex.IsMatch(" + said + ", " + pattern + ")",
			"int.Parse(System.Text.RegularExpressions.Regex.Match(" + said + ", " + pattern + ").Groups[2].Value)"
	}
	shared, sharedAge := age("s-maxage")
	own, ownAge := age("max-age")
	fallback := int64(time.Duration(s.TTL.Default) / time.Second)
	duration := some(shared + " ? " + sharedAge + " : " + some(own+" ? "+ownAge+" : "+strconv.FormatInt(fallback, 10)))
	if s.TTL.Max > 0 {
		duration = "System.Math.Min(" + duration + ", " + strconv.FormatInt(seconds(int64(s.TTL.Max)), 10) + ")"
	}
	conditions := []string{
		`context.Request.Method == "GET"`, "context.Response.StatusCode == 200",
		"!System.Text.RegularExpressions.Regex.IsMatch(" + said + ", " + text(`no-store|no-cache|private`) + ")",
		duration + " != 0",
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
