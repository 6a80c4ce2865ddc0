package cache

import (
	"net"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/valyala/fasthttp"

	tier "github.com/terrace-idp/terrace/internal/fabric/cache"
	"github.com/terrace-idp/terrace/internal/fabric/gateway/exchange"
)

// request is what the cache has to know of a request before others change it.
type request struct {
	head     bool
	cc       directives
	consumer string
	// secret tells of credentials: what they were shown is shared only where the
	// service says so (RFC 9111 §3.5).
	secret, cookies bool
	// base is the key of the URL, for all its answers.
	base string
	// noneMatch and since are the client's conditions, span and spanIf its range.
	noneMatch, since, span, spanIf string
	// values returns what the request says in a header that answers vary by.
	values func(name string) string
	// original is the request's head, once it was kept.
	original *fasthttp.RequestHeader
	rule     int
	// behind tells that it is of no client.
	behind bool
	// waited tells that it waited for another request's answer.
	waited bool
	at     time.Time
	// mark is when the service was asked, for what is purged meanwhile.
	mark tier.Mark
}

// overriding are headers by which some services change what they are asked for:
// such a request is no more than its URL says, to nobody but them.
func overriding(name string) bool {
	switch name {
	case "x-original-url", "x-rewrite-url", "x-original-host", "x-host", "x-http-method", "x-http-method-override", "x-method-override",
		"x-forwarded-prefix", "x-original-uri":
		return true
	}
	return false
}

// bypassed tells why a request has nothing to do with the cache.
func (f *filter) bypassed(x *exchange.Exchange) bool {
	h := &x.Request.Header
	if !x.Body.Empty() || h.ConnectionUpgrade() || len(h.Peek("If-Match")) > 0 || len(h.Peek("If-Unmodified-Since")) > 0 {
		return true
	}
	for name := range h.All() {
		if lower := strings.ToLower(string(name)); overriding(lower) || slices.Contains(f.spec.bypassHeaders, lower) {
			return true
		}
	}
	for _, name := range f.spec.bypassCookies {
		if h.Cookie(name) != nil {
			return true
		}
	}
	return slices.ContainsFunc(f.spec.bypassPaths, func(p string) bool {
		return x.Path == p || strings.HasPrefix(x.Path, strings.TrimSuffix(p, "/")+"/")
	})
}

// understand reads a request, and has the service see no more of its query
// than is in the key.
func (f *filter) understand(x *exchange.Exchange) *request {
	h := &x.Request.Header
	q := &request{
		head: h.IsHead(), cc: none(), consumer: x.Facts.Consumer, rule: x.Facts.Rule, at: f.kind.config.Clock.Now(),
		secret:  len(h.Peek("Authorization")) > 0 || x.Facts.Consumer != "",
		cookies: len(h.Peek("Cookie")) > 0,
	}
	if f.spec.obey {
		if q.cc = parse(lines(h.PeekAll("Cache-Control"))...); !q.cc.given && strings.Contains(string(h.Peek("Pragma")), "no-cache") {
			q.cc.noCache = true // RFC 9111 §5.4
		}
	}
	q.noneMatch, q.since = join(h.PeekAll("If-None-Match")), string(h.Peek("If-Modified-Since"))
	q.span, q.spanIf = string(h.Peek("Range")), string(h.Peek("If-Range"))
	x.Target = f.target(x.Target)
	q.base = f.url(x, string(h.Host()), x.Target)
	q.values = func(name string) string { return seen(x.Client, h, name) }
	return q
}

// url is the key of what is asked for: all that the service sees of the place.
func (f *filter) url(x *exchange.Exchange, host, target string) string {
	scheme := "http:"
	if x.Secure() {
		scheme = "https:"
	}
	name, port := split(host)
	return f.scope + "\n" + name + "\n" + target + "\n" + scheme + port + f.version
}

// seen is what a service sees in a header; some the gateway sets itself.
func seen(client net.Addr, h *fasthttp.RequestHeader, name string) string {
	if strings.EqualFold(name, "x-forwarded-for") {
		if tcp, ok := client.(*net.TCPAddr); ok {
			return tcp.IP.String()
		}
		return ""
	}
	all := h.PeekAll(name)
	if len(all) == 0 {
		return "\x01" // none is not an empty one
	}
	value := join(all)
	if !strings.Contains(value, ",") {
		return strings.TrimSpace(value)
	}
	parts := strings.Split(value, ",")
	for i := range parts {
		parts[i] = strings.TrimSpace(parts[i])
	}
	return strings.Join(parts, ",")
}

// keep takes a copy of the request's head, which is changed on its way.
func (q *request) keep(x *exchange.Exchange) {
	h := &fasthttp.RequestHeader{}
	x.Request.Header.CopyTo(h)
	client := x.Client
	q.original, q.values = h, func(name string) string { return seen(client, h, name) }
}

// target leaves of a query what the policy says.
func (f *filter) target(target string) string {
	if !f.spec.chosen && len(f.spec.exclude) == 0 && !f.spec.sorted {
		return target
	}
	path, query, _ := strings.Cut(target, "?")
	var kept []string
	for part := range strings.SplitSeq(query, "&") {
		if part == "" {
			continue
		}
		name, _, _ := strings.Cut(part, "=")
		if plain, err := url.QueryUnescape(name); err == nil {
			name = plain
		}
		if f.spec.chosen && !slices.Contains(f.spec.include, name) || slices.Contains(f.spec.exclude, name) {
			continue
		}
		kept = append(kept, part)
	}
	if f.spec.sorted {
		slices.SortStableFunc(kept, func(a, b string) int {
			a, _, _ = strings.Cut(a, "=")
			b, _, _ = strings.Cut(b, "=")
			return strings.Compare(a, b)
		})
	}
	if len(kept) == 0 {
		return path
	}
	return path + "?" + strings.Join(kept, "&")
}

// answerKey is the key of the answer that a request gets of a variation. What
// the policy puts into the key counts as if all answers varied by it.
func (f *filter) answerKey(q *request, v *stored) string {
	var b strings.Builder
	b.Grow(len(q.base) + 64)
	b.WriteString(q.base)
	b.WriteByte('\n')
	b.WriteString(v.Generation)
	b.WriteByte('\n')
	b.WriteString(strconv.Itoa(q.rule))
	if f.spec.consumer {
		b.WriteByte('\n')
		b.WriteString(q.consumer)
	}
	for _, name := range f.spec.headers {
		b.WriteByte('\n')
		b.WriteString(q.values(name))
	}
	if len(f.spec.cookies) > 0 {
		jar := cookies(q.values("cookie"))
		for _, name := range f.spec.cookies {
			b.WriteByte('\n')
			b.WriteString(jar[name])
		}
	}
	for _, name := range v.Vary {
		b.WriteByte('\n')
		b.WriteString(q.values(name))
	}
	return b.String()
}

func cookies(line string) map[string]string {
	out := map[string]string{}
	for part := range strings.SplitSeq(line, ";") {
		name, value, _ := strings.Cut(strings.TrimSpace(part), "=")
		out[name] += "\x01" + value // two of one name are both seen
	}
	return out
}

func lines(in [][]byte) []string {
	out := make([]string, 0, len(in))
	for _, line := range in {
		out = append(out, string(line))
	}
	return out
}

func join(in [][]byte) string {
	switch len(in) {
	case 0:
		return ""
	case 1:
		return string(in[0])
	}
	return strings.Join(lines(in), ", ")
}
