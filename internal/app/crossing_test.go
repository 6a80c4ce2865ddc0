package app

import (
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"net/http"
	"net/http/httptest"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/terrace-idp/terrace/internal/access/identity"
	"github.com/terrace-idp/terrace/internal/governance/leak"
	"github.com/terrace-idp/terrace/internal/kernel"
)

// crossing is a platform with two tenants: one has an object of every kind, and the admin
// of the other asks for them.
type crossing struct {
	*App

	t       *testing.T
	handler http.Handler
	d       document
	all     map[string]operationOf
	// own and other are the tokens of the admins.
	own, other string
	// ids are those of objects, by the prefix of the id.
	ids map[string]string
	// made are the ids that the seeds have told first, by their operations.
	made map[string]string
	// done are the operations that have succeeded for the owner, with the ids of their requests.
	done map[string]string
	// texts are all ids and values that only the first tenant's objects have.
	texts map[string]bool
	// look is how the rows of the database are looked at.
	look *rowsOf
}

// walks asks for a whole test: it sends thousands of requests, one after the other, and
// the race detector, whose tests are short, sees each operation in TestEveryChangeIsInTheAuditLog.
func walks(t *testing.T) {
	t.Helper()
	if testing.Short() {
		t.Skip("one request after the other: nothing is side by side here")
	}
}

func newCrossing(t *testing.T) *crossing {
	t.Helper()
	d, all := operations(t)
	a := benchApp(t)
	c := &crossing{App: a, t: t, handler: a.handler(), d: d, all: map[string]operationOf{}, own: a.first.Token, ids: map[string]string{}, done: map[string]string{}, made: map[string]string{}, texts: map[string]bool{}}
	for _, o := range all {
		c.all[o.id] = o
	}
	if err := a.access.tenants.Bootstrap(t.Context(), "other", "home"); err != nil {
		t.Fatal(err)
	}
	other, _, err := a.access.identity.Bootstrap(t.Context(), "other", func(context.Context, identity.Credentials) error { return nil })
	if err != nil {
		t.Fatal(err)
	}
	c.other = other.Token
	if err := a.shipped.all(t.Context()); err != nil {
		t.Fatal(err)
	}
	a.things(t)
	found, err := a.fabric.leaks.Inspect(kernel.WithActor(t.Context(), kernel.System("test", "default")), kernel.Scope{Tenant: "default", Project: "demo"},
		leak.Place{Kind: leak.Log, Workload: "nothing", Run: "run_nothing"}, "key: AK"+"IAQ3EGXK5HN7TLWPZC\n")
	if err != nil || len(found.New) != 1 {
		t.Fatal(found, err)
	}
	c.ids["leak"] = found.New[0].ID
	for _, s := range seeds(t) {
		c.seedOne(s)
	}
	c.plant()
	c.known()
	return c
}

// send sends a request to the platform.
func (c *crossing) send(token string, r *http.Request) *httptest.ResponseRecorder {
	patience := time.Minute
	if r.Method == http.MethodGet { // what is followed does not end
		patience = 3 * time.Second
	}
	ctx, cancel := context.WithTimeout(c.t.Context(), patience)
	defer cancel()
	if token != "" {
		r.Header.Set("Authorization", "Bearer "+token)
	}
	w := httptest.NewRecorder()
	c.handler.ServeHTTP(followed{w, cancel}, r.WithContext(ctx))
	return w
}

// followed is an answer that ends when the first of a stream of events is there.
type followed struct {
	*httptest.ResponseRecorder

	end func()
}

// Flush implements http.Flusher.
func (f followed) Flush() {
	f.ResponseRecorder.Flush()
	if strings.HasPrefix(f.Header().Get("Content-Type"), "text/event-stream") {
		f.end()
	}
}

// did asks as the owner, and notes what has succeeded.
func (c *crossing) did(o operationOf, a asking) *httptest.ResponseRecorder {
	r := c.request(o, a)
	id := fmt.Sprintf("walk-%s-%d", strings.ReplaceAll(o.id, "_", "-"), len(c.done))
	r.Header.Set("X-Request-Id", id)
	w := c.send(c.own, r)
	if w.Code < http.StatusMultipleChoices {
		c.done[o.id] = id
	}
	return w
}

func (c *crossing) seedOne(s seed) {
	c.t.Helper()
	o, ok := c.all[s.operation]
	if !ok {
		c.t.Fatalf("there is no operation %s to seed with", s.operation)
	}
	values := map[string]string{}
	maps.Copy(values, s.values)
	w := c.did(o, asking{real: true, values: values, body: s.body})
	if w.Code >= http.StatusMultipleChoices {
		c.t.Errorf("nothing is seeded by %s: %d %s", s.operation, w.Code, w.Body)
	}
	c.made[s.operation] = anID.FindString(w.Body.String())
	if s.operation == "upload-artifact" {
		c.ids["sha256"] = aDigest.FindString(w.Body.String())
	}
	c.learn(w.Body.String())
}

var (
	anID     = regexp.MustCompile(`\b([a-z]{2,6})_[0-9a-hjkmnp-tv-z]{26}\b`)
	aRelease = regexp.MustCompile(`\brel_[0-9a-f]{20}\b`)
	aDigest  = regexp.MustCompile(`\bsha256:[0-9a-f]{64}\b`)
	aRunner  = regexp.MustCompile(`\btrnr_[A-Z0-9]+`)
	aTime    = regexp.MustCompile(`\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d:\d\d)`)
	aSecret  = regexp.MustCompile(`\b(terr|tcfg|trnr|whsec|tcs)_[A-Za-z0-9_+/=-]{20,}`)
	aHMAC    = regexp.MustCompile(`"hmac":"[^"]*"`)
	requests = regexp.MustCompile(`"requestId":"[^"]*"`)
)

// learn keeps the ids that an answer has.
func (c *crossing) learn(text string) {
	text = requests.ReplaceAllString(text, "")
	for _, id := range aRelease.FindAllString(text, -1) {
		c.ids["rel"], c.texts[id] = id, true
	}
	for _, m := range anID.FindAllStringSubmatch(text, -1) {
		if m[1] != "evt" && m[1] != "req" {
			c.ids[m[1]], c.texts[m[0]] = m[0], true
		}
	}
}

// known reads all lists as the owner, for the ids that no seed has told.
func (c *crossing) known() {
	for _, id := range slices.Sorted(maps.Keys(c.all)) {
		o := c.all[id]
		if o.method != http.MethodGet || slices.Contains([]string{"watch-config", "list-audit-entries", "export-audit"}, id) {
			continue
		}
		if w := c.send(c.own, c.request(o, asking{real: true})); w.Code == http.StatusOK {
			c.learn(w.Body.String())
		}
	}
}

// asking is how an operation is asked for.
type asking struct {
	// real names what the first tenant has; else the names and ids are of nothing.
	real bool
	// own says that the project is one that the asker has.
	own bool
	// queries gives all that a query may name, not only what it must.
	queries bool
	values  map[string]string
	body    any
}

// never turns a name or an id into one of the same length that nothing has.
func never(text string) string {
	switch {
	case anID.MatchString(text), aRelease.MatchString(text):
		prefix, rest, _ := strings.Cut(text, "_")
		return prefix + "_" + strings.Repeat("0", len(rest))
	case text == "default": // the first tenant
		return "defunct"
	case strings.HasPrefix(text, "sha256:"):
		return "sha256:" + strings.Repeat("0", 64)
	default:
		return strings.ReplaceAll(text, "nothing", "neither")
	}
}

// value is what a parameter names.
func (c *crossing) value(o operationOf, name string, in string) (string, bool) {
	before := ""
	if i := strings.Index(o.path, "/{"+name+"}"); i >= 0 && in == "path" {
		before = o.path[strings.LastIndexByte(o.path[:i], '/')+1 : i]
	}
	if prefix, ok := prefixes()[before+" "+name]; ok {
		return c.ids[prefix], c.ids[prefix] != ""
	}
	if id, ok := planted()[before+" "+name]; ok {
		return id, true
	}
	if text, ok := named()[before+" "+name]; ok {
		return text, true
	}
	text, ok := named()[name]
	return text, ok
}

// request makes the request of an operation, with every parameter of its path.
func (c *crossing) request(o operationOf, a asking) *http.Request {
	c.t.Helper()
	path, query := o.path, url.Values{}
	for _, p := range o.parameters {
		name, in := fmt.Sprint(p["name"]), fmt.Sprint(p["in"])
		text, known := c.value(o, name, in)
		if v, ok := a.values[name]; ok {
			text, known = v, true
		}
		if !known && asks()[o.id+" "+name] != "" {
			text, known = asks()[o.id+" "+name], true
		}
		if !known && in == "path" {
			c.t.Errorf("%s: nothing is seeded for {%s}: seed it, or say what it names", o.id, name)
			text = "nothing"
		}
		if !a.real && !(a.own && name == "project") && name != "stage" {
			text = never(text)
		}
		switch {
		case in == "path":
			path = strings.ReplaceAll(path, "{"+name+"}", url.PathEscape(text))
		case in == "query" && known && (a.queries || p["required"] == true || a.values[name] != ""):
			query.Set(name, text)
		case in == "query" && p["required"] == true:
			query.Set(name, fmt.Sprint(c.d.value(p["schema"].(map[string]any), name)))
		}
	}
	r := httptest.NewRequestWithContext(c.t.Context(), o.method, path+"?"+query.Encode(), strings.NewReader(c.bodyOf(o, a)))
	if o.media != "" {
		r.Header.Set("Content-Type", o.media)
	}
	return r
}

// bodyOf is the body of a request, with the ids and names of what there is.
func (c *crossing) bodyOf(o operationOf, a asking) string {
	body := ""
	switch given := a.body.(type) {
	case string:
		body = given
	case nil:
		body = crossedBodies()[o.id]
		if body == "" {
			body = said()[o.id]
		}
		if body == "" && o.media == "application/json" {
			raw, _ := json.Marshal(c.filled(c.d.value(o.body, ""), ""))
			body = string(raw)
		}
	default:
		raw, _ := json.Marshal(given)
		body = string(raw)
	}
	for prefix, id := range c.ids {
		body = strings.ReplaceAll(body, "<"+prefix+">", id)
	}
	if a.real {
		return body
	}
	body = aRelease.ReplaceAllStringFunc(anID.ReplaceAllStringFunc(body, never), never)
	return strings.NewReplacer("nothing", "neither", `"default"`, `"defunct"`).Replace(body)
}

// filled puts ids where members of a body name things by them.
func (c *crossing) filled(v any, name string) any {
	switch v := v.(type) {
	case map[string]any:
		for k := range v {
			v[k] = c.filled(v[k], k)
		}
		return v
	case string:
		if prefix := map[string]string{"release": "rel", "run": "run", "id": "run", "exemption": "exm", "token": "tok", "drift": "drift"}[name]; c.ids[prefix] != "" {
			return c.ids[prefix]
		}
		return v
	default:
		return v
	}
}

// plain is an answer without what differs from one answer to the next.
func plain(w *httptest.ResponseRecorder) string {
	text := requests.ReplaceAllString(w.Body.String(), "")
	text = strings.NewReplacer("neither", "nothing", "defunct", "default").Replace(text)
	for _, re := range []*regexp.Regexp{anID, aRelease, aDigest, aTime, aSecret, aHMAC} {
		text = re.ReplaceAllString(text, "X")
	}
	return fmt.Sprintf("%d %s", w.Code, hexes.ReplaceAllString(text, "H"))
}

var hexes = regexp.MustCompile(`\b[0-9a-f]{16,64}\b|"version":"[0-9a-f]{8}"|"value":"[^"]*"|"seq":\d+|"entry":\d+|entry \d+|\d+ MiB free`)

// both asks for what there is and for what there is not, and holds the answers together.
func (c *crossing) both(t *testing.T, o operationOf, token string, own, queries bool) (real *httptest.ResponseRecorder) {
	t.Helper()
	asked := c.request(o, asking{real: true, own: own, queries: queries})
	sent := asked.URL.String() + c.bodyOf(o, asking{real: true})
	real = c.send(token, asked)
	absent := c.send(token, c.request(o, asking{own: own, queries: queries}))
	if a, b := plain(real), plain(absent); a != b && sameForAll()[o.id] == "" {
		t.Errorf("%s tells what there is:\n there is: %.600s\n there is not: %.600s", o.id, a, b)
	}
	for text := range c.texts {
		if strings.Contains(real.Body.String(), text) && !strings.Contains(sent, text) {
			t.Errorf("%s tells %s, which is another's: %d %.300s", o.id, text, real.Code, real.Body)
		}
	}
	if strings.Contains(real.Body.String(), canary) {
		t.Errorf("%s tells a secret: %d %.300s", o.id, real.Code, real.Body)
	}
	if real.Code >= http.StatusInternalServerError && real.Code != http.StatusServiceUnavailable {
		t.Errorf("%s: %d %s", o.id, real.Code, real.Body)
	}
	return real
}

// TestNoTenantReachesAnothersObjects asks as the admin of a tenant for all that another one
// has, by its real names and ids, with every operation of the API. Each is answered as if
// there were no such thing, to the letter, and nothing of the other tenant changes. A new
// operation takes part by itself.
func TestNoTenantReachesAnothersObjects(t *testing.T) {
	walks(t)
	t.Parallel()
	c := newCrossing(t)
	before := c.digests()
	each := func(t *testing.T, own bool) {
		t.Helper()
		for _, id := range slices.Sorted(maps.Keys(c.all)) {
			if alone()[id] != "" {
				continue
			}
			c.both(t, c.all[id], c.other, own, false)
			c.both(t, c.all[id], c.other, own, true)
			before = c.same(t, id, before)
		}
	}
	t.Run("without a project of that name", func(t *testing.T) { each(t, false) }) //nolint:paralleltest // one after the other
	w := c.send(c.other, c.request(c.all["create-project"], asking{real: true, body: map[string]any{"name": "demo", "costcenter": "1", "owner": "o"}}))
	if w.Code != http.StatusCreated {
		t.Fatal(w.Code, w.Body)
	}
	before = c.digests()
	t.Run("with a project of that name", func(t *testing.T) { each(t, true) }) //nolint:paralleltest // one after the other
	c.doors(t)
}

// TestNoProjectReachesAnothersObjects asks as the admin of a project for all that another
// project of the same tenant has. Whether there is such a project is not told either.
func TestNoProjectReachesAnothersObjects(t *testing.T) {
	walks(t)
	t.Parallel()
	c := newCrossing(t)
	ctx, tenant := kernel.WithActor(t.Context(), kernel.System("test", "default")), kernel.Scope{Tenant: "default"}
	if w := c.send(c.own, c.request(c.all["create-project"], asking{real: true, body: map[string]any{"name": "side", "costcenter": "1", "owner": "o"}})); w.Code != http.StatusCreated {
		t.Fatal(w.Code, w.Body)
	}
	if _, err := c.access.identity.CreateUser(ctx, tenant, identity.NewUser{Name: "sider", Password: matrixPassword}); err != nil {
		t.Fatal(err)
	}
	if _, err := c.access.identity.Grant(ctx, tenant.InProject("side"), identity.NewGrant{Subject: identity.Subject{Kind: identity.KindUser, Name: "sider"}, Role: identity.Admin}); err != nil {
		t.Fatal(err)
	}
	token, _, err := c.access.identity.CreateToken(ctx, tenant, identity.NewToken{Name: "x", User: "sider"})
	if err != nil {
		t.Fatal(err)
	}
	before := c.digests()
	for _, id := range slices.Sorted(maps.Keys(c.all)) { // refusals, and the last use of the token, are the tenant's own
		o := c.all[id]
		if !strings.Contains(o.path, "{project}") {
			continue
		}
		for _, queries := range []bool{false, true} {
			w := c.both(t, o, token, false, queries)
			if w.Code != http.StatusForbidden && w.Code != http.StatusNotFound && w.Code != http.StatusUnprocessableEntity {
				t.Errorf("%s: %d %.300s", id, w.Code, w.Body)
			}
		}
		before = c.same(t, id, before, "audit_entries", "audit_heads", "event_log", "identity_subject_tokens")
	}
	t.Run("what is next to what one sees", c.sights)
}

const canary = "canary-of-the-first-tenant"
