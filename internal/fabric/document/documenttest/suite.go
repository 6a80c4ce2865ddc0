// Package documenttest has the suite that every store of documents passes.
package documenttest

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/terrace-idp/terrace/internal/fabric/document"
	"github.com/terrace-idp/terrace/internal/kernel"
)

// Lacks are what the server of a store cannot do, though the store can.
type Lacks struct {
	// Decimals are numbers that are no doubles.
	Decimals bool
	// NestedArrays are arrays in arrays.
	NestedArrays bool
	// AtOnce are changes of one document at once: it reads, then writes, without a lock.
	AtOnce bool
}

// Run runs the suite on a store.
func Run(t *testing.T, store document.Store) {
	t.Helper()
	RunWithout(t, Lacks{}, store)
}

// RunWithout runs the suite but for what a server lacks.
func RunWithout(t *testing.T, lacks Lacks, store document.Store) {
	t.Helper()
	for name, test := range map[string]func(*suite){
		"bodies come back exactly":       func(s *suite) { s.exact(lacks) },
		"revisions are compared and set": (*suite).revisions,
		"changes at once are all made":   func(s *suite) { s.atOnce(lacks) },
		"patches merge":                  (*suite).patches,
		"queries":                        (*suite).queries,
		"pages have each document once":  (*suite).pages,
		"scopes are apart":               (*suite).apart,
		"batches":                        (*suite).batches,
		"lives end":                      (*suite).lives,
		"bounds":                         (*suite).bounds,
		"new indexes find what is there": (*suite).declared,
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			test(newSuite(t, store))
		})
	}
}

type suite struct {
	*testing.T

	ctx   context.Context //nolint:containedctx // of one test
	docs  *document.Service
	scope kernel.Scope
	c     document.Collection

	mu  sync.Mutex
	now time.Time
}

func newSuite(t *testing.T, store document.Store) *suite {
	t.Helper()
	s := &suite{T: t, ctx: context.Background(), now: time.Date(2026, 11, 28, 12, 0, 0, 0, time.UTC)}
	s.docs = &document.Service{Store: store, Clock: s.clock}
	s.scope = kernel.Scope{Tenant: strings.ToLower(kernel.NewID("t")), Project: "shop", Stage: "dev"}
	s.c = document.Collection{Name: "orders", Indexes: []document.Index{
		{Name: "customer", Path: []string{"customer", "name"}}, {Name: "total", Path: []string{"total"}}, {Name: "state", Path: []string{"state"}},
	}}
	s.must(s.docs.Declare(s.ctx, s.scope, s.c))
	return s
}

func (s *suite) clock() time.Time {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.now
}

func (s *suite) later(d time.Duration) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.now = s.now.Add(d)
}

func (s *suite) must(err error) {
	s.Helper()
	if err != nil {
		s.Fatalf("%v (%v)", err, errors.Unwrap(err))
	}
}

func (s *suite) is(err error, kind kernel.Kind) {
	s.Helper()
	if !kernel.Is(err, kind) {
		s.Errorf("got %v, want an error that is %s", err, kind)
	}
}

func (s *suite) put(id, body string) document.Document {
	s.Helper()
	d, err := s.docs.Put(s.ctx, s.scope, s.c, document.Put{ID: id, Body: json.RawMessage(body)})
	s.must(err)
	return d
}

func (s *suite) body(id string) string {
	s.Helper()
	d, err := s.docs.Get(s.ctx, s.scope, s.c, id)
	s.must(err)
	return string(d.Body)
}

// find returns the ids of all pages.
func (s *suite) find(q document.Query) (ids []string) {
	s.Helper()
	for range 100 {
		page, err := s.docs.Find(s.ctx, s.scope, s.c, q)
		s.must(err)
		for _, d := range page.Items {
			ids = append(ids, d.ID)
		}
		if q.Page.Cursor = page.Next; q.Page.Cursor == "" {
			return ids
		}
	}
	s.Fatal("the pages have no end")
	return nil
}

func where(index string, op document.Op, values ...any) document.Query {
	return document.Query{Where: []document.Condition{{Index: index, Op: op, Values: values}}}
}

func (s *suite) exact(lacks Lacks) {
	bodies := map[string]string{
		"empty": `{}`, "scalars": `{"a":null,"b":true,"c":false,"d":"","e":0}`,
		"numbers": `{"a":0.1,"b":-12.5,"c":9007199254740993,"d":9223372036854775807,"e":1e+30,"f":-9223372036854775808,"g":1e-7,"h":1.5e+100}`,
		"texts":   `{"a":"ü𝄞\u2028","b":"a\"b\\c","c":"<&>","d":" x "}`,
		"nested":  `{"a":{"b":{"c":[1,{"d":[]},{}]}}}`,
		"members": `{"$ref":1,"$set":{"$inc":2},"%2E":3,"_id":4,"a.b":{"c.d":5},"é":6}`,
	}
	if !lacks.Decimals {
		bodies["decimals"] = `{"a":0.1234567890123456789012345678901234,"b":1.2345678901234567890123456789012e+28,"c":-1.00000000000000000001,"d":9.999999999999999999999999999999999e+125,"e":1e-129}`
	}
	if !lacks.NestedArrays {
		bodies["arrays"] = `{"a":[[1,[2]],[]]}`
	}
	for id, body := range bodies {
		s.put(id, body)
		if got := s.body(id); got != body {
			s.Errorf("%s came back as %s", body, got)
		}
	}
	s.put("spelled", `{ "b" : 1.500e1, "a":-0, "c": 100E-2 }`)
	if got := s.body("spelled"); got != `{"a":0,"b":15,"c":1}` {
		s.Errorf("got %s", got)
	}
	for _, id := range []string{"ü", "𝄞/a b", "a/b/c", "%", ".", "$x", "#", "日本"} {
		s.put(id, `{"state":"odd"}`)
		if got := s.body(id); got != `{"state":"odd"}` {
			s.Errorf("%q has %s", id, got)
		}
	}
	if diff := cmp.Diff([]string{"#", "$x", "%", ".", "a/b/c", "ü", "日本", "𝄞/a b"}, s.find(where("state", document.Equal, "odd"))); diff != "" {
		s.Error(diff)
	}
}

func ptr(n int64) *int64 { return &n }

func (s *suite) revisions() {
	put := func(body string, when *int64) (document.Document, error) {
		return s.docs.Put(s.ctx, s.scope, s.c, document.Put{ID: "a", Body: json.RawMessage(body), If: when})
	}
	_, err := put(`{}`, ptr(7))
	s.is(err, kernel.Stale)
	first, err := put(`{"n":1}`, ptr(document.Absent))
	s.must(err)
	_, err = put(`{"n":2}`, ptr(document.Absent))
	s.is(err, kernel.Stale)
	second, err := put(`{"n":2}`, ptr(first.Revision))
	s.must(err)
	if second.Revision <= first.Revision {
		s.Errorf("revision %d came after %d", second.Revision, first.Revision)
	}
	_, err = put(`{"n":3}`, ptr(first.Revision))
	s.is(err, kernel.Stale)
	_, err = s.docs.Patch(s.ctx, s.scope, s.c, "a", json.RawMessage(`{}`), ptr(first.Revision))
	s.is(err, kernel.Stale)
	s.is(s.docs.Delete(s.ctx, s.scope, s.c, "a", ptr(first.Revision)), kernel.Stale)
	if got := s.body("a"); got != `{"n":2}` {
		s.Errorf("a stale change was made: %s", got)
	}
	s.must(s.docs.Delete(s.ctx, s.scope, s.c, "a", ptr(second.Revision)))
	_, err = s.docs.Get(s.ctx, s.scope, s.c, "a")
	s.is(err, kernel.NotFound)
	s.is(s.docs.Delete(s.ctx, s.scope, s.c, "a", nil), kernel.NotFound)
	s.later(time.Millisecond)
	if again, err := put(`{}`, nil); err != nil || again.Revision <= second.Revision {
		s.Errorf("the revision after a removal is %d, not above %d (%v)", again.Revision, second.Revision, err)
	}
}

func (s *suite) atOnce(lacks Lacks) {
	if lacks.AtOnce {
		s.Skip("the server loses changes that are made at once")
	}
	const writers, each = 4, 5
	s.put("n", `{"n":0}`)
	var all sync.WaitGroup
	for w := range writers {
		all.Go(func() {
			for range each {
				s.increment()
			}
			_, err := s.docs.Patch(s.ctx, s.scope, s.c, "n", json.RawMessage(fmt.Sprintf(`{"w%d":true}`, w)), nil)
			if err != nil {
				s.Error(err)
			}
		})
	}
	all.Wait()
	if got := s.body("n"); got != `{"n":20,"w0":true,"w1":true,"w2":true,"w3":true}` {
		s.Errorf("after %d increments by %d at once: %s", writers*each, writers, got)
	}
}

// increment adds one, again until nobody was quicker.
func (s *suite) increment() {
	for {
		d, err := s.docs.Get(s.ctx, s.scope, s.c, "n")
		var body map[string]any
		if err == nil {
			err = json.Unmarshal(d.Body, &body)
		}
		if err != nil {
			s.Error(err)
			return
		}
		patch := fmt.Sprintf(`{"n":%d}`, int(body["n"].(float64))+1)
		_, err = s.docs.Patch(s.ctx, s.scope, s.c, "n", json.RawMessage(patch), &d.Revision)
		if err == nil {
			return
		}
		if !kernel.Is(err, kernel.Stale) {
			s.Error(err)
			return
		}
	}
}

func (s *suite) patches() {
	s.put("a", `{"a":1,"b":{"c":2,"d":3},"state":"open"}`)
	_, err := s.docs.Patch(s.ctx, s.scope, s.c, "a", json.RawMessage(`{"a":null,"b":{"c":null,"e":{"f":null}},"state":"shut"}`), nil)
	s.must(err)
	if got := s.body("a"); got != `{"b":{"d":3,"e":{}},"state":"shut"}` {
		s.Errorf("got %s", got)
	}
	if got := s.find(where("state", document.Equal, "open")); got != nil {
		s.Errorf("the former key finds %v", got)
	}
	_, err = s.docs.Patch(s.ctx, s.scope, s.c, "none", json.RawMessage(`{}`), nil)
	s.is(err, kernel.NotFound)
}
