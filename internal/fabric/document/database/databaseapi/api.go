// Package databaseapi serves document databases to workloads, below /documents/v1, by the
// token of one.
//
// It owns paths and wire types. What a document is, and what a query may ask, is
// document's.
package databaseapi

import (
	"encoding/json"
	"io"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"

	"github.com/go-chi/chi/v5"

	"github.com/terrace-idp/terrace/internal/fabric/document"
	"github.com/terrace-idp/terrace/internal/fabric/document/database"
	"github.com/terrace-idp/terrace/internal/kernel"
	"github.com/terrace-idp/terrace/internal/platform/httpserver"
)

// Path begins the addresses of the API.
const Path = "/documents/v1"

// maxBatch bounds the body of a batch, in bytes.
const maxBatch = 4 << 20

// API serves databases over HTTP.
type API struct{ Databases *database.Service }

// Mount adds the paths.
func (a API) Mount(r chi.Router) {
	r.Get(Path, a.serve(a.describe))
	r.Get(Path+"/{collection}", a.serve(a.find))
	r.Post(Path+"/{collection}", a.serve(a.batch))
	r.Get(Path+"/{collection}/*", a.serve(a.get))
	r.Put(Path+"/{collection}/*", a.serve(a.put))
	r.Patch(Path+"/{collection}/*", a.serve(a.patch))
	r.Delete(Path+"/{collection}/*", a.serve(a.remove))
}

// call is a request to a database.
type call struct {
	*http.Request

	database   database.Database
	collection document.Collection
	id         string
}

// serve finds what is called, and answers with what do returns; nil has no content.
func (a API) serve(do func(call) (any, error)) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		c, err := a.called(r)
		var answer any
		if err == nil {
			r.Body = http.MaxBytesReader(w, r.Body, maxBatch)
			answer, err = do(c)
		}
		if err != nil {
			httpserver.WriteError(w, r, err)
			return
		}
		if answer == nil {
			w.WriteHeader(http.StatusNoContent)
			return
		}
		if d, ok := answer.(document.Document); ok {
			w.Header().Set("ETag", `"`+strconv.FormatInt(d.Revision, 10)+`"`)
		}
		w.Header().Set("Content-Type", "application/json")
		w.Header().Set("Cache-Control", "no-store")
		e := json.NewEncoder(w)
		e.SetEscapeHTML(false)
		_ = e.Encode(answer) // who left gets nothing
	}
}

func (a API) called(r *http.Request) (c call, err error) {
	c = call{Request: r}
	if c.database, err = a.Databases.Opened(r.Context()); err != nil {
		return c, err
	}
	if name := chi.URLParam(r, "collection"); name != "" {
		if c.collection, err = c.database.Collection(name); err != nil {
			return c, err
		}
	}
	c.id = chi.URLParam(r, "*")
	if r.URL.RawPath != "" { // the path is taken as it was sent
		if c.id, err = url.PathUnescape(c.id); err != nil {
			return c, kernel.Errorf(kernel.Invalid, "the id in the path is not escaped well")
		}
	}
	return c, nil
}

// description is what a workload is told of its database.
type description struct {
	Database    string               `json:"database"`
	Collections database.Collections `json:"collections"`
	Limits      document.Limits      `json:"limits"`
}

func (a API) describe(c call) (any, error) {
	return description{c.database.Name, c.database.Collections, a.Databases.Documents.Store.Limits()}, nil
}

func (a API) get(c call) (any, error) {
	return a.Databases.Documents.Get(c.Context(), c.database.Scope, c.collection, c.id)
}

func (a API) put(c call) (any, error) {
	body, err := io.ReadAll(c.Body)
	if err != nil {
		return nil, tooLarge()
	}
	p := document.Put{ID: c.id, Body: body}
	if p.If, err = c.precondition(); err != nil {
		return nil, err
	}
	if text := c.URL.Query().Get("ttl"); text != "" {
		seconds, err := strconv.ParseInt(text, 10, 32)
		if err != nil || seconds < 1 {
			return nil, kernel.Errorf(kernel.Invalid, "ttl is %.40q, and no number of seconds", text)
		}
		p.ExpiresAt = a.Databases.Clock.Now().Add(time.Duration(seconds) * time.Second)
	}
	return a.Databases.Documents.Put(c.Context(), c.database.Scope, c.collection, p)
}

func (a API) patch(c call) (any, error) {
	body, err := io.ReadAll(c.Body)
	if err != nil {
		return nil, tooLarge()
	}
	when, err := c.precondition()
	if err != nil {
		return nil, err
	}
	return a.Databases.Documents.Patch(c.Context(), c.database.Scope, c.collection, c.id, body, when)
}

func (a API) remove(c call) (any, error) {
	when, err := c.precondition()
	if err != nil {
		return nil, err
	}
	return nil, a.Databases.Documents.Delete(c.Context(), c.database.Scope, c.collection, c.id, when)
}

// precondition reads If-Match and If-None-Match (RFC 9110 §13.1), whose tags are revisions.
func (c call) precondition() (*int64, error) {
	if c.Header.Get("If-None-Match") == "*" {
		absent := document.Absent
		return &absent, nil
	}
	text := strings.Trim(c.Header.Get("If-Match"), `"`)
	if text == "" {
		return nil, nil //nolint:nilnil // none is asked for
	}
	revision, err := strconv.ParseInt(text, 10, 64)
	if err != nil || revision < 1 {
		return nil, kernel.Errorf(kernel.Invalid, "If-Match is %.40q, and no revision", text).WithFix("send the ETag of the answer before")
	}
	return &revision, nil
}

// write is one of a batch.
type write struct {
	Kind document.WriteKind `json:"kind"`
	ID   string             `json:"id"`
	Body json.RawMessage    `json:"body,omitempty"`
	// If is the revision that the document must have, 0 for none; absent takes any.
	If        *int64    `json:"if,omitempty"`
	ExpiresAt time.Time `json:"expiresAt,omitzero"`
}

func (a API) batch(c call) (any, error) {
	var in struct {
		Writes []write `json:"writes"`
	}
	d := json.NewDecoder(c.Body)
	d.DisallowUnknownFields()
	if err := d.Decode(&in); err != nil {
		return nil, kernel.Errorf(kernel.Invalid, "the body is no batch: %s", err).WithFix(`write it as {"writes": [{"kind": "put", "id": "a", "body": {}}]}`)
	}
	writes := make([]document.Write, len(in.Writes))
	for i, w := range in.Writes {
		writes[i] = document.Write(w)
	}
	all, err := a.Databases.Documents.Batch(c.Context(), c.database.Scope, c.collection, writes)
	return map[string]any{"items": all}, err
}

func (a API) find(c call) (any, error) {
	values := c.URL.Query()
	q := document.Query{Order: values.Get("order"), Descending: values.Get("descending") == "true", Page: kernel.PageRequest{Cursor: values.Get("cursor")}}
	if text := values.Get("limit"); text != "" {
		limit, err := strconv.Atoi(text)
		if err != nil || limit < 1 {
			return nil, kernel.Errorf(kernel.Invalid, "limit is %.40q, and no number of documents", text)
		}
		q.Page.Limit = limit
	}
	for _, text := range values["where"] {
		condition, err := conditionOf(text)
		if err != nil {
			return nil, err
		}
		q.Where = append(q.Where, condition)
	}
	return a.Databases.Documents.Find(c.Context(), c.database.Scope, c.collection, q)
}

// conditionOf reads INDEX:OP:VALUE, whose value is JSON, or a text without quotes.
func conditionOf(text string) (document.Condition, error) {
	parts := strings.SplitN(text, ":", 3)
	if len(parts) != 3 {
		return document.Condition{}, kernel.Errorf(kernel.Invalid, "the condition %.80q is not INDEX:OP:VALUE", text).WithFix("write it as total:ge:10 or state:in:[\"open\",\"late\"]; comparisons are %v", document.Ops())
	}
	c := document.Condition{Index: parts[0], Op: document.Op(parts[1])}
	d := json.NewDecoder(strings.NewReader(parts[2]))
	d.UseNumber()
	var value any
	if err := d.Decode(&value); err != nil || d.More() {
		value = parts[2]
	}
	if list, ok := value.([]any); ok && c.Op == document.In {
		c.Values = list
	} else {
		c.Values = []any{value}
	}
	return c, nil
}

func tooLarge() error {
	return kernel.Errorf(kernel.TooLarge, "the body is larger than %d KiB", document.MaxBody>>10)
}
