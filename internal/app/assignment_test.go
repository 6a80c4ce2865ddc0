package app

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"net/http"
	"slices"
	"strings"
	"testing"
)

// serverOwned are members of things that the platform alone says, as somebody would guess
// them in the body of a request.
func serverOwned() map[string]any {
	return map[string]any{
		"id": "usr_00000000000000000000000000", "tenant": "other", "tenantId": "other", "role": "admin", "roles": []string{"admin"}, "isAdmin": true, "admin": true,
		"createdBy": "mallory", "createdAt": "2001-01-01T00:00:00Z", "updatedBy": "mallory", "setBy": "mallory", "approved": true, "approvedBy": "mallory", "status": "approved",
		"state": "active", "digest": "sha256:0", "revision": 7777, "version": "7777", "owner": "mallory", "platform": true, "session": "x", "hash": "x", "sealed": "x", "password_hash": "x", "fence": 9, "builtIn": true,
	}
}

// TestBodiesHaveNoOtherMembers sends with each body of the API, in each object of it, members
// that only the platform may say. Each is refused as unknown, or is one that the body says
// that it takes.
func TestBodiesHaveNoOtherMembers(t *testing.T) {
	walks(t)
	t.Parallel()
	c := newCrossing(t)
	for _, id := range slices.Sorted(maps.Keys(c.all)) {
		o := c.all[id]
		if o.media != "application/json" || closed(c.d, o.body, map[string]bool{}) == "" {
			continue
		}
		if why := openBodies()[id]; why == "" {
			t.Errorf("%s takes members that nobody has named, at %s", id, closed(c.d, o.body, map[string]bool{}))
		}
	}
	for _, id := range slices.Sorted(maps.Keys(c.all)) {
		o := c.all[id]
		if o.media != "application/json" || openBodies()[id] != "" {
			continue
		}
		c.assign(t, o)
	}
	t.Run("bodies that go too far", func(t *testing.T) { c.tooFar(t) })
}

// tooFar sends bodies that are small, or within the bound of a body, and would become much,
// or would have a program that reads them by calling itself call itself for ever.
func (c *crossing) tooFar(t *testing.T) {
	t.Helper()
	const within = 1<<20 - 100
	bodies := map[string]string{
		"lists in lists":     strings.Repeat("[", 20_000) + strings.Repeat("]", 20_000),
		"objects in objects": strings.Repeat(`{"name":`, 9000) + "1" + strings.Repeat("}", 9000),
		"no end":             strings.Repeat(`{"name":[`, 9000),
	}
	var members strings.Builder
	for i := range within / 12 {
		fmt.Fprintf(&members, `"m%06d":1,`, i)
	}
	large := map[string]string{ // all bodies are read by the same reader
		"lists in lists":   strings.Repeat("[", within/2) + strings.Repeat("]", within/2),
		"empty lists":      `{"name":[` + strings.Repeat("[],", within/3-10) + "[]]}",
		"many members":     "{" + members.String() + `"name":"x"}`,
		"a long member":    `{"` + strings.Repeat("n", within-20) + `":1}`,
		"a long number":    `{"name":1` + strings.Repeat("0", within-20) + "}",
		"a large exponent": `{"name":1e999999999}`,
		"a text":           strings.Repeat("x", 2<<20),
	}
	for _, id := range slices.Sorted(maps.Keys(c.all)) {
		o := c.all[id]
		if o.media != "application/json" {
			continue
		}
		all := maps.Clone(bodies)
		if id == "create-user" || id == "deploy" {
			maps.Copy(all, large)
		}
		for name, body := range all {
			r := c.request(o, asking{real: true})
			r.Body, r.ContentLength = io.NopCloser(strings.NewReader(body)), int64(len(body))
			if w := c.send(c.other, r); w.Code < http.StatusBadRequest || w.Code >= http.StatusInternalServerError || w.Body.Len() > 256<<10 {
				t.Errorf("%s takes %s: %d, %d bytes %.200s", id, name, w.Code, w.Body.Len(), w.Body)
			}
		}
	}
}

// assign sends each member for itself with a body that is else as it should be.
func (c *crossing) assign(t *testing.T, o operationOf) {
	t.Helper()
	body := map[string]any{}
	if err := json.Unmarshal([]byte(c.bodyOf(o, asking{real: true})), &body); err != nil {
		return // no object
	}
	takes := c.members(o.body)
	for _, name := range slices.Sorted(maps.Keys(serverOwned())) {
		if takes[name] {
			continue
		}
		more := maps.Clone(body)
		more[name] = serverOwned()[name]
		raw, _ := json.Marshal(more)
		r := c.request(o, asking{real: true})
		r.Body, r.ContentLength = io.NopCloser(bytes.NewReader(raw)), int64(len(raw))
		if w := c.send(c.own, r); w.Code != http.StatusUnprocessableEntity || !strings.Contains(w.Body.String(), `"body.`+name+`"`) {
			t.Errorf("%s takes the member %s: %d %.300s", o.id, name, w.Code, w.Body)
		}
	}
}

// schema follows references.
func (d document) schema(s map[string]any) map[string]any {
	if ref, ok := s["$ref"].(string); ok {
		return d.schemas[ref[strings.LastIndexByte(ref, '/')+1:]].(map[string]any)
	}
	return s
}

// members are those that a body says that it takes.
func (c *crossing) members(s map[string]any) map[string]bool {
	properties, _ := c.d.schema(s)["properties"].(map[string]any)
	names := map[string]bool{}
	for name := range properties {
		names[name] = true
	}
	return names
}

// closed returns where a schema takes members without names, "" where it does nowhere. A
// map, whose values have a schema, says that it does.
func closed(d document, s map[string]any, seen map[string]bool) string {
	if ref, ok := s["$ref"].(string); ok {
		if seen[ref] {
			return ""
		}
		seen[ref] = true
	}
	s = d.schema(s)
	properties, object := s["properties"].(map[string]any)
	if more, said := s["additionalProperties"]; object && (!said || more == true) {
		return "an object"
	}
	for name, p := range properties {
		if at := closed(d, p.(map[string]any), seen); at != "" {
			return name + ": " + at
		}
	}
	if items, ok := s["items"].(map[string]any); ok {
		if at := closed(d, items, seen); at != "" {
			return "an item: " + at
		}
	}
	return ""
}

// openBodies are operations whose bodies take any member, each with the reason.
func openBodies() map[string]string {
	return map[string]string{}
}
