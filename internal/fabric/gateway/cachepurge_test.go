package gateway_test

import (
	"context"
	"encoding/json"
	"errors"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/terrace-idp/terrace/internal/fabric/gateway"
	"github.com/terrace-idp/terrace/internal/fabric/gateway/gatewaysql"
	"github.com/terrace-idp/terrace/internal/kernel"
	"github.com/terrace-idp/terrace/internal/platform/db/dbtest"
)

// told is what a test's gateway does besides: it has a cache, a journal, stages and
// somebody who decides.
type told struct {
	dropped, heard []gateway.CachePurge
	facts          []kernel.Fact
	fails          error
	asked          string
}

func (w *told) Purge(_ context.Context, _ kernel.Scope, p gateway.CachePurge) int {
	w.dropped = append(w.dropped, p)
	return len(w.dropped)
}

func (w *told) Hear(_ context.Context, _ kernel.Scope, p gateway.CachePurge) {
	w.heard = append(w.heard, p)
}

func (w *told) Forget(context.Context) { w.heard = append(w.heard, gateway.CachePurge{All: true}) }

func (w *told) Uses(kernel.Scope) []gateway.CacheUse { return []gateway.CacheUse{{Route: "orders"}} }

func (w *told) Record(_ context.Context, f kernel.Fact) error {
	w.facts = append(w.facts, f)
	return w.fails
}

func (w *told) Check(stage string) error {
	if stage != "dev" {
		return kernel.Errorf(kernel.NotFound, "there is no stage %s", stage)
	}
	return nil
}

// Authorize lets everybody but the rival do all.
func (w *told) Authorize(_ context.Context, action string, scope kernel.Scope) error {
	if w.asked = action; scope.Tenant == "rival" {
		return kernel.Errorf(kernel.Denied, "no")
	}
	return nil
}

func purging(t *testing.T) (*gateway.Service, *told) {
	t.Helper()
	s, w := newService(t, dbtest.SQLite(t, gatewaysql.Migrations()), nil), &told{}
	s.Cache, s.Journal, s.Stages, s.Authorizer = w, w, w, w
	return s, w
}

// TestPurgesOfTheCacheAreChecked has each that names too little, too much or what is no
// place.
func TestPurgesOfTheCacheAreChecked(t *testing.T) {
	t.Parallel()
	s, w := purging(t)
	for name, c := range map[string]struct {
		purge gateway.CachePurge
		at    string
	}{
		"nothing":                    {gateway.CachePurge{}, ""},
		"soft alone":                 {gateway.CachePurge{Soft: true}, ""},
		"everything and a tag":       {gateway.CachePurge{All: true, Tag: "a"}, "all"},
		"everything and a URL":       {gateway.CachePurge{All: true, URL: host + "/"}, "all"},
		"everything and a host":      {gateway.CachePurge{All: true, Host: host}, "all"},
		"everything and a route":     {gateway.CachePurge{All: true, Route: "orders"}, "all"},
		"a URL and a host":           {gateway.CachePurge{URL: host + "/", Host: host}, "host"},
		"a URL without a host":       {gateway.CachePurge{URL: "/products"}, "url"},
		"a URL with a fragment":      {gateway.CachePurge{URL: "https://" + host + "/#a"}, "url"},
		"a URL that is none":         {gateway.CachePurge{URL: "https://%zz/"}, "url"},
		"a URL that is opaque":       {gateway.CachePurge{URL: "https://" + host + ":no/"}, "url"},
		"a host with a port":         {gateway.CachePurge{Host: host + ":443"}, "host"},
		"a host with a path":         {gateway.CachePurge{Host: host + "/a"}, "host"},
		"a host with a space":        {gateway.CachePurge{Host: "a b"}, "host"},
		"a tag over two lines":       {gateway.CachePurge{Tag: "a\nb"}, "tag"},
		"a route over two lines":     {gateway.CachePurge{Route: "a\nb"}, "route"},
		"a host that cannot be said": {gateway.CachePurge{Host: "a\x7f"}, "host"},
	} {
		_, err := s.PurgeCache(t.Context(), dev, c.purge)
		e, ok := errors.AsType[*kernel.Error](err)
		if !ok || e.Kind != kernel.Invalid || len(e.Problems) == 0 {
			t.Errorf("%s: %v", name, err)
			continue
		}
		if got := e.Problems[0].Path; got != c.at {
			t.Errorf("%s: the problem is at %q: %s", name, got, e.Problems[0].Message)
		}
	}
	if len(w.dropped)+len(w.facts) > 0 {
		t.Errorf("%v were dropped, %v recorded", w.dropped, w.facts)
	}
}

// TestAPurgeOfTheCacheIsAFact says who may, where, and what is told of it.
func TestAPurgeOfTheCacheIsAFact(t *testing.T) {
	t.Parallel()
	s, w := purging(t)
	if _, err := s.PurgeCache(t.Context(), other, gateway.CachePurge{All: true}); !kernel.Is(err, kernel.Denied) {
		t.Errorf("who may not: %v", err)
	}
	if w.asked != gateway.ActionPurge {
		t.Errorf("it is decided by %s", w.asked)
	}
	if _, err := s.PurgeCache(t.Context(), kernel.Scope{Tenant: "acme", Project: "shop", Stage: "none"}, gateway.CachePurge{All: true}); !kernel.Is(err, kernel.NotFound) {
		t.Errorf("a stage that there is not: %v", err)
	}
	put(t, s, dev, gateway.ToService("orders", host, "", "orders", ""))
	for subject, p := range map[string]gateway.CachePurge{
		"a": {Tag: "a", Host: host}, host + "/*": {URL: host + "/*", Route: "orders", Soft: true}, host: {Host: host, Route: "orders"}, "orders": {Route: "orders"}, "everything": {All: true, Soft: true},
	} {
		*w = told{}
		n, err := s.PurgeCache(t.Context(), dev, p)
		if err != nil || n != 1 || len(w.facts) != 1 || !cmp.Equal(w.dropped, []gateway.CachePurge{p}) {
			t.Fatalf("%+v: %d, %v; %v were dropped, %v recorded", p, n, err, w.dropped, w.facts)
		}
		f := w.facts[0]
		if f.Subject != subject || f.Type != "gateway-cache.purged" || f.Scope != dev || f.ID == "" {
			t.Errorf("%+v is told as %+v", p, f)
		}
		content, err := json.Marshal(f.Data)
		if err != nil {
			t.Fatal(err)
		}
		// Its own event it has obeyed, once; another's of the same content it has not.
		for _, id := range []string{f.ID, "evt_else"} {
			if err := s.Heard(t.Context(), id, f.Type, dev, content); err != nil {
				t.Fatal(err)
			}
		}
		if !cmp.Equal(w.heard, []gateway.CachePurge{p}) {
			t.Errorf("%+v was heard of, of %+v", w.heard, p)
		}
	}
	*w = told{}
	if err := s.Heard(t.Context(), "evt_x", "route.changed", dev, []byte("{")); err != nil || len(w.heard) > 0 {
		t.Errorf("another fact: %v, %v", err, w.heard)
	}
	if err := s.Heard(t.Context(), "evt_x", "gateway-cache.purged", dev, []byte("{")); err == nil {
		t.Error("a purge that cannot be read is passed over in silence")
	}
}

// TestAPurgeThatIsNotRecordedIsNone: others would not hear of it.
func TestAPurgeThatIsNotRecordedIsNone(t *testing.T) {
	t.Parallel()
	s, w := purging(t)
	w.fails = errors.New("the database is away")
	if _, err := s.PurgeCache(t.Context(), dev, gateway.CachePurge{All: true}); !errors.Is(err, w.fails) || len(w.dropped) > 0 {
		t.Errorf("%v, %v were dropped", err, w.dropped)
	}
	if all, err := s.CacheUses(t.Context(), dev); err != nil || len(all) != 1 || w.asked != gateway.ActionRead {
		t.Errorf("%v, %v by %s", all, err, w.asked)
	}
	if _, err := s.CacheUses(t.Context(), other); !kernel.Is(err, kernel.Denied) {
		t.Errorf("who may not see: %v", err)
	}
	s.Cache = nil
	w.fails = nil
	if n, err := s.PurgeCache(t.Context(), dev, gateway.CachePurge{All: true}); n != 0 || err != nil {
		t.Errorf("without a cache: %d, %v", n, err)
	}
}
