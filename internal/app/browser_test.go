package app

import (
	"maps"
	"net/http"
	"slices"
	"strings"
	"testing"
)

// TestTheAPIIsNotForOtherSites asks as a page of another site would have a browser ask: with
// the cookies of who is signed in, and without a token. No operation takes them, none lets
// another site read its answer, and none believes the host that it was asked by.
func TestTheAPIIsNotForOtherSites(t *testing.T) {
	walks(t)
	t.Parallel()
	c := newCrossing(t)
	before := c.digests()
	for _, id := range slices.Sorted(maps.Keys(c.all)) {
		o := c.all[id]
		for _, media := range []string{"", "text/plain", "application/x-www-form-urlencoded"} { // what a form can send
			r := c.request(o, asking{real: true})
			r.Header.Set("Origin", "https://evil.example")
			r.Header.Set("Sec-Fetch-Site", "cross-site")
			for _, name := range []string{"terrace", "terrace_session", "__Host-terrace", "session", "token"} {
				r.AddCookie(&http.Cookie{Name: name, Value: c.own})
			}
			if media != "" {
				r.Header.Set("Content-Type", media)
			}
			w := c.send("", r)
			if w.Code != http.StatusUnauthorized && !public()[id] {
				t.Errorf("%s with cookies alone: %d %.200s", id, w.Code, w.Body)
			}
			c.closed(t, id, w.Header())
		}
		r := c.request(o, asking{real: true})
		r.Method = http.MethodOptions
		r.Header.Set("Origin", "https://evil.example")
		r.Header.Set("Access-Control-Request-Method", o.method)
		w := c.send("", r)
		if w.Code < http.StatusBadRequest {
			t.Errorf("%s answers a preflight: %d", id, w.Code)
		}
		c.closed(t, id, w.Header())
	}
	c.same(t, "another site", before, "audit_entries", "audit_heads", "event_log")
	for _, id := range slices.Sorted(maps.Keys(c.all)) {
		o := c.all[id]
		if o.method != http.MethodGet || slices.Contains([]string{"watch-config"}, id) {
			continue
		}
		r := c.request(o, asking{real: true})
		r.Host = "evil.example"
		r.Header.Set("X-Forwarded-Host", "evil.example")
		r.Header.Set("Forwarded", "host=evil.example")
		w := c.send(c.own, r)
		if strings.Contains(w.Body.String()+w.Header().Get("Location")+w.Header().Get("Link"), "evil.example") {
			t.Errorf("%s believes the host that it was asked by: %.300s", id, w.Body)
		}
	}
}

// closed holds that an answer is for no other site.
func (*crossing) closed(t *testing.T, id string, h http.Header) {
	t.Helper()
	for name := range h {
		if strings.HasPrefix(name, "Access-Control-") {
			t.Errorf("%s lets other sites read: %s: %s", id, name, h.Get(name))
		}
	}
}

// public are the operations that ask for no token.
func public() map[string]bool {
	return map[string]bool{"sign-in": true, "list-event-types": true, "get-event-schema": true}
}
