package documenttest

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/terrace-idp/terrace/internal/fabric/document"
	"github.com/terrace-idp/terrace/internal/kernel"
)

func (s *suite) queries() {
	for id, body := range map[string]string{
		"a": `{"total":-1.25,"state":"open","customer":{"name":"Ada"}}`, "b": `{"total":-1.2,"state":"open","customer":{"name":"Adam"}}`,
		"c": `{"total":0,"state":"shut","customer":{"name":"Äda"}}`, "d": `{"total":9,"state":"open","customer":{"name":"Bob"}}`,
		"e": `{"total":10,"state":true,"customer":{"name":null}}`, "f": `{"total":1e20,"state":"shut","customer":"Ada"}`,
		"g": `{"total":"10","state":false}`, "h": `{"total":[1],"state":{"x":1}}`, "i": `{"total":0.5}`,
	} {
		s.put(id, body)
	}
	two := where("total", document.AtLeast, 0)
	two.Where = append(two.Where, document.Condition{Index: "state", Op: document.Equal, Values: []any{"open"}})
	between := where("total", document.More, -1.25)
	between.Where = append(between.Where, document.Condition{Index: "total", Op: document.AtMost, Values: []any{json.Number("10.0")}})
	never := where("total", document.More, 5)
	never.Where = append(never.Where, document.Condition{Index: "total", Op: document.Less, Values: []any{5}})
	descending := where("total", document.Less, 10)
	descending.Descending = true
	byTotal := where("state", document.In, "open", "shut")
	byTotal.Order = "total"
	for name, test := range map[string]struct {
		q    document.Query
		want string
	}{
		"equal":               {where("state", document.Equal, "open"), "a b d"},
		"equal null":          {where("customer", document.Equal, nil), "e"},
		"equal true":          {where("state", document.Equal, true), "e"},
		"a text is no number": {where("total", document.Equal, "10"), "g"},
		"in":                  {where("total", document.In, 10, 0, -1.2), "b c e"},
		"less":                {where("total", document.Less, 0), "a b"},
		"at least":            {where("total", document.AtLeast, 9), "d e f"},
		"two ends":            {between, "b c i d e"},
		"nothing is both":     {never, ""},
		"two indexes":         {two, "d"},
		"prefix":              {where("customer", document.Prefix, "Ada"), "a b"},
		"prefix ä":            {where("customer", document.Prefix, "Ä"), "c"},
		"descending":          {descending, "d i c b a"},
		"another order":       {byTotal, "a b c d f"},
		"all by an index":     {document.Query{Order: "total"}, "a b c i d e f g"},
		"all by id":           {document.Query{}, "a b c d e f g h i"},
		"all by id, turned":   {document.Query{Descending: true}, "i h g f e d c b a"},
	} {
		if got := strings.Join(s.find(test.q), " "); got != test.want {
			s.Errorf("%s: got %q, want %q", name, got, test.want)
		}
	}
	for _, q := range []document.Query{where("none", document.Equal, 1), where("total", "like", 1), where("total", document.Prefix, 1), where("total", document.Equal, []any{}), {Page: kernel.PageRequest{Cursor: "x"}}} {
		_, err := s.docs.Find(s.ctx, s.scope, s.c, q)
		s.is(err, kernel.Invalid)
	}
}

func (s *suite) pages() {
	var want []string
	for i := range 23 {
		id := fmt.Sprintf("d%02d", i)
		s.put(id, fmt.Sprintf(`{"total":%d,"state":"s%d"}`, i/7, i%2))
		want = append(want, id)
	}
	turned := slices.Clone(want)
	slices.Reverse(turned)
	for _, order := range []string{"", "total"} {
		q := document.Query{Order: order, Page: kernel.PageRequest{Limit: 5}}
		if diff := cmp.Diff(want, s.find(q)); diff != "" {
			s.Errorf("by %q: %s", order, diff)
		}
		q.Descending = true
		if diff := cmp.Diff(turned, s.find(q)); diff != "" {
			s.Errorf("by %q, turned: %s", order, diff)
		}
	}
	q := where("state", document.Equal, "s1")
	q.Order, q.Page.Limit = "total", 3
	if got := s.find(q); len(got) != 11 || !slices.IsSorted(got) {
		s.Errorf("of 11 with a condition came %v", got)
	}
}

func (s *suite) apart() {
	s.put("a", `{"state":"mine"}`)
	others := []kernel.Scope{
		{Tenant: s.scope.Tenant + "x", Project: "shop", Stage: "dev"},
		{Tenant: s.scope.Tenant, Project: "other", Stage: "dev"},
		{Tenant: s.scope.Tenant, Project: "shop", Stage: "prod"},
		{Tenant: s.scope.Tenant, Project: "shop"},
		{Tenant: s.scope.Tenant},
	}
	for _, other := range others {
		_, err := s.docs.Get(s.ctx, other, s.c, "a")
		s.is(err, kernel.NotFound)
		if page, err := s.docs.Find(s.ctx, other, s.c, where("state", document.Equal, "mine")); err != nil || len(page.Items) > 0 {
			s.Errorf("%s sees %v (%v)", other, page.Items, err)
		}
		_, err = s.docs.Put(s.ctx, other, s.c, document.Put{ID: "a", Body: json.RawMessage(`{"state":"mine","of":"another"}`), If: ptr(document.Absent)})
		s.must(err)
	}
	another := document.Collection{Name: "another", Indexes: s.c.Indexes}
	_, err := s.docs.Get(s.ctx, s.scope, another, "a")
	s.is(err, kernel.NotFound)
	if got := s.body("a"); got != `{"state":"mine"}` {
		s.Errorf("others have made of it %s", got)
	}
	_, err = s.docs.Get(s.ctx, kernel.Scope{}, s.c, "a")
	s.is(err, kernel.Invalid)
	n, err := s.docs.Drop(s.ctx, s.scope)
	s.must(err)
	if n != 2 { // the document, and what is declared
		s.Errorf("dropped %d documents, not 2", n)
	}
	if n, err = s.docs.Drop(s.ctx, kernel.Scope{Tenant: s.scope.Tenant}); err != nil || n != 4 {
		s.Errorf("dropped %d documents of the tenant, not 4 (%v)", n, err)
	}
	if _, err := s.docs.Get(s.ctx, others[0], s.c, "a"); err != nil {
		s.Errorf("another tenant's is gone: %v", err)
	}
}

func (s *suite) batches() {
	kept := s.put("kept", `{"n":1,"state":"old"}`)
	writes := []document.Write{
		{Kind: document.Puts, ID: "new", Body: json.RawMessage(`{"state":"new"}`), If: ptr(document.Absent)},
		{Kind: document.Patches, ID: "kept", Body: json.RawMessage(`{"n":2,"state":"new"}`), If: ptr(kept.Revision)},
	}
	made, err := s.docs.Batch(s.ctx, s.scope, s.c, writes)
	s.must(err)
	if got := s.find(where("state", document.Equal, "new")); len(made) != 2 || !slices.Equal(got, []string{"kept", "new"}) {
		s.Errorf("made %v, found %v", made, got)
	}
	_, err = s.docs.Batch(s.ctx, s.scope, s.c, append(writes, document.Write{Kind: document.Deletes, ID: "kept"}))
	s.is(err, kernel.Invalid)
	s.race(made[1].Revision)
	many := make([]document.Write, document.MaxBatch)
	for i := range many {
		many[i] = document.Write{Kind: document.Puts, ID: fmt.Sprintf("m%02d", i), Body: json.RawMessage(`{"state":"many"}`)}
	}
	_, err = s.docs.Batch(s.ctx, s.scope, s.c, many)
	s.must(err)
	if got := s.find(where("state", document.Equal, "many")); len(got) != document.MaxBatch {
		s.Errorf("of %d there are %d", document.MaxBatch, len(got))
	}
	_, err = s.docs.Batch(s.ctx, s.scope, s.c, append(many, many[0]))
	s.is(err, kernel.Invalid)
}

// race gives the store a batch whose second change is late.
func (s *suite) race(revision int64) {
	at := document.Place{Scope: s.scope, Collection: s.c.Name}
	fresh := func(id string) *document.Document {
		return &document.Document{ID: id, Revision: revision + 9, Body: json.RawMessage(`{}`), UpdatedAt: s.clock()}
	}
	err := s.docs.Store.Apply(s.ctx, at, []document.Change{
		{ID: "first", Now: fresh("first")}, {ID: "kept", Was: revision - 1, Now: fresh("kept")}, {ID: "third", Now: fresh("third")},
	})
	s.is(err, kernel.Stale)
	found, err := s.docs.Store.Get(s.ctx, at, []string{"first", "third"})
	s.must(err)
	want := 1
	if s.docs.Store.Limits().Atomic {
		want = 0
	}
	if len(found) != want {
		s.Errorf("of a batch with a late change %d were made, want %d", len(found), want)
	}
}

func (s *suite) lives() {
	end := s.clock().Add(time.Hour)
	put := func(when *int64) error {
		_, err := s.docs.Put(s.ctx, s.scope, s.c, document.Put{ID: "a", Body: json.RawMessage(`{"state":"short"}`), ExpiresAt: end, If: when})
		return err
	}
	s.must(put(nil))
	s.put("b", `{"state":"short"}`)
	d, err := s.docs.Patch(s.ctx, s.scope, s.c, "a", json.RawMessage(`{"n":1}`), nil)
	s.must(err)
	if !d.ExpiresAt.Equal(end) {
		s.Errorf("after a patch it ends at %s", d.ExpiresAt)
	}
	s.later(time.Hour)
	_, err = s.docs.Get(s.ctx, s.scope, s.c, "a")
	s.is(err, kernel.NotFound)
	if got := s.find(where("state", document.Equal, "short")); !slices.Equal(got, []string{"b"}) {
		s.Errorf("found %v", got)
	}
	if got := s.find(document.Query{}); !slices.Equal(got, []string{"b"}) {
		s.Errorf("found %v", got)
	}
	_, err = s.docs.Patch(s.ctx, s.scope, s.c, "a", json.RawMessage(`{}`), nil)
	s.is(err, kernel.NotFound)
	end = s.clock().Add(time.Hour)
	s.must(put(ptr(document.Absent)))
	s.later(2 * time.Hour)
	at := document.Place{Scope: s.scope, Collection: s.c.Name}
	s.must(s.docs.Sweep(s.ctx))
	if s.docs.Store.Limits().Driver == "dynamodb" {
		return // it removes them by itself
	}
	if found, err := s.docs.Store.Get(s.ctx, at, []string{"a", "b"}); err != nil || len(found) != 1 {
		s.Errorf("after the sweep there are %v (%v)", found, err)
	}
}

func (s *suite) bounds() {
	deep := strings.Repeat(`{"a":`, document.MaxDepth) + "1" + strings.Repeat("}", document.MaxDepth)
	s.put("deep", deep)
	long := strings.Repeat("x", document.MaxBody-len(`{"a":""}`))
	s.put("large", `{"a":"`+long+`"}`)
	if got := s.body("large"); len(got) != document.MaxBody {
		s.Errorf("the largest came back with %d bytes", len(got))
	}
	s.put(strings.Repeat("é", document.MaxID/2), `{"state":"`+strings.Repeat("é", document.MaxKey/2)+`"}`)
	if got := s.find(where("state", document.Prefix, "éé")); len(got) != 1 || len(got[0]) != document.MaxID {
		s.Errorf("the longest key finds %v", got)
	}
	for name, test := range map[string]struct {
		id, body string
		kind     kernel.Kind
	}{
		"too deep":       {"a", `{"a":` + deep + `}`, kernel.Invalid},
		"too large":      {"a", `{"a":"x` + long + `"}`, kernel.TooLarge},
		"a long id":      {strings.Repeat("x", document.MaxID+1), `{}`, kernel.Invalid},
		"no id":          {"", `{}`, kernel.Invalid},
		"NUL in an id":   {"a\x00b", `{}`, kernel.Invalid},
		"NUL in a text":  {"a", `{"a":"\u0000"}`, kernel.Invalid},
		"NUL in a name":  {"a", `{"\u0000":1}`, kernel.Invalid},
		"a long key":     {"a", `{"state":"` + strings.Repeat("x", document.MaxKey+1) + `"}`, kernel.Invalid},
		"no object":      {"a", `[]`, kernel.Invalid},
		"two objects":    {"a", `{}{}`, kernel.Invalid},
		"no JSON":        {"a", `{"a"`, kernel.Invalid},
		"no UTF-8":       {"a", "{\"a\":\"\xff\"}", kernel.Invalid},
		"many digits":    {"a", `{"a":0.12345678901234567890123456789012345}`, kernel.Invalid},
		"a large number": {"a", `{"a":1e126}`, kernel.Invalid},
	} {
		if _, err := s.docs.Put(s.ctx, s.scope, s.c, document.Put{ID: test.id, Body: json.RawMessage(test.body)}); !kernel.Is(err, test.kind) {
			s.Errorf("%s: got %v", name, err)
		}
	}
}

func (s *suite) declared() {
	for i := range 3 {
		s.put(fmt.Sprint(i), fmt.Sprintf(`{"total":%d,"weight":%d}`, i, 9-i))
	}
	s.c.Indexes = []document.Index{{Name: "weight", Path: []string{"weight"}}, {Name: "total", Path: []string{"total"}}}
	s.must(s.docs.Declare(s.ctx, s.scope, s.c))
	if got := s.find(document.Query{Order: "weight"}); !slices.Equal(got, []string{"2", "1", "0"}) {
		s.Errorf("by the new index came %v", got)
	}
	if got := s.find(where("total", document.AtLeast, 1)); !slices.Equal(got, []string{"1", "2"}) {
		s.Errorf("by the index from before came %v", got)
	}
	all, err := s.docs.Collections(s.ctx, s.scope)
	s.must(err)
	if diff := cmp.Diff([]document.Collection{s.c}, all); diff != "" {
		s.Error(diff)
	}
}
