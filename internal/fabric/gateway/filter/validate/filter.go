package validate

import (
	"encoding/json"
	"net/http"
	"strconv"
	"strings"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/terrace-idp/terrace/internal/fabric/gateway/exchange"
	"github.com/terrace-idp/terrace/internal/kernel"
)

// filter is a policy on a route.
type filter struct {
	*Kind
	settings

	scope kernel.Scope
}

// call is one request that is for a known operation, or for a version at least.
type call struct {
	*contract

	op     *operation
	values map[string]string
	// allowed are the methods of the path, where there is no operation.
	allowed []string
}

func (f *filter) handle(x *exchange.Exchange, next exchange.Handler) {
	c, known := f.find(x)
	switch {
	case !known:
		f.unknown(x, next, nil)
		return
	case c.Retired:
		x.Refuse(KindName, http.StatusGone, "API retired", "Version "+c.Version+" of the API "+c.API+" is gone.", "use a later version")
		c.life(x)
		return
	case c.op == nil:
		f.unknown(x, next, c.allowed)
		c.life(x)
		return
	}
	f.count(x, c)
	if f.Requests != off && !f.request(x, c) {
		c.life(x)
		return
	}
	if f.Responses != off {
		x.Request.Header.Set("Accept-Encoding", "identity") // what is compressed cannot be read
	}
	next(x)
	if f.Responses != off {
		f.response(x, c)
	}
	c.life(x)
}

func (f *filter) unknown(x *exchange.Exchange, next exchange.Handler, allowed []string) {
	switch {
	case f.UnknownOperations == "pass":
		next(x)
	case len(allowed) > 0:
		x.Refuse(KindName, http.StatusMethodNotAllowed, "Method not allowed", "The API has no such operation on this path.", "")
		x.Response.Header.Set("Allow", strings.Join(allowed, ", "))
	default:
		x.Refuse(KindName, http.StatusNotFound, "No such operation", "The API has no operation on this path.", "see the API's reference")
	}
}

// find returns what a request is for: the first API whose header and prefix it has.
func (f *filter) find(x *exchange.Exchange) (call, bool) {
	for _, r := range f.APIs {
		if r.Header != nil && string(x.Request.Header.Peek(r.Header.Name)) != r.Header.Value {
			continue
		}
		known := f.catalog.of(f.scope, r.API, r.Version)
		if known == nil {
			if r.chosen(x.Path) {
				return call{}, false // what it asks for is not here, and nothing else is meant
			}
			continue
		}
		prefix := known.doc.base
		if r.Prefix != nil {
			prefix = *r.Prefix
		}
		path, under := below(x.Path, prefix)
		if !under {
			continue
		}
		return f.within(x, known, path), true
	}
	return call{}, false
}

// chosen tells that a request with the header of a version, if it needs one, has chosen it
// though its document is not known: by that header, or by a prefix of its own.
func (r reference) chosen(path string) bool {
	if r.Prefix == nil {
		return r.Header != nil
	}
	_, under := below(path, *r.Prefix)
	return under
}

// below returns what a path has after a prefix of whole segments.
func below(path, prefix string) (rest string, under bool) {
	rest, under = strings.CutPrefix(path, prefix)
	return rest, under && (rest == "" || rest[0] == '/')
}

func (f *filter) within(x *exchange.Exchange, known *contract, path string) call {
	c := call{contract: known, values: map[string]string{}}
	n := f.api(known).root.find(strings.TrimPrefix(path, "/"), c.values)
	if n == nil {
		return c
	}
	method := string(x.Request.Header.Method())
	c.op = n.methods[method]
	if c.op == nil && method == http.MethodHead {
		c.op = n.methods[http.MethodGet]
	}
	for m := range n.methods {
		c.allowed = append(c.allowed, m)
	}
	return c
}

func (f *filter) api(c *contract) *api {
	if f.UnknownFields == "refuse" {
		return c.doc.strict
	}
	return c.doc.open
}

// life tells clients where the version, or the operation, is in its life.
func (c call) life(x *exchange.Exchange) {
	h := &x.Response.Header
	deprecated, sunset := c.Deprecated, c.Sunset
	if c.op != nil && c.op.deprecated {
		if deprecated.IsZero() {
			deprecated = c.Published
		}
		if day, err := time.Parse(time.DateOnly, c.op.sunset); err == nil && (sunset.IsZero() || day.Before(sunset)) {
			sunset = day
		}
	}
	if !deprecated.IsZero() {
		h.Set("Deprecation", "@"+strconv.FormatInt(deprecated.Unix(), 10)) // RFC 9745 §2.1
	}
	if !sunset.IsZero() {
		h.Set("Sunset", sunset.UTC().Format(http.TimeFormat)) // RFC 8594 §3
	}
	if c.Link != "" && (!deprecated.IsZero() || c.Retired) {
		h.Add("Link", "<"+c.Link+`>; rel="deprecation"`)
	}
}

func (f *filter) count(x *exchange.Exchange, c call) {
	if f.calls == nil {
		return
	}
	x.OnDone(func() {
		f.calls.Count(f.scope, c.API, c.Version, c.op.id, x.Facts.Consumer, x.Response.StatusCode())
	})
}

// told counts what came of a message, and logs what did not fit: where, and which
// rule, and no value.
func (f *filter) told(x *exchange.Exchange, c call, message, result string, wrong []Violation) {
	f.results.With(prometheus.Labels{
		"tenant": f.scope.Tenant, "project": f.scope.Project, "stage": f.scope.Stage, "api": c.API, "version": c.Version, "message": message, "result": result,
	}).Inc()
	if len(wrong) > 0 {
		f.log.WarnContext(x.Context(), "a message does not fit its API", "message", message, "result", result, "api", c.API, "version", c.Version,
			"operation", c.op.id, "scope", f.scope.String(), "consumer", x.Facts.Consumer, "at", wrong[0].In+wrong[0].Pointer, "rule", wrong[0].Rule, "violations", len(wrong))
	}
}

// request holds a request against its operation; false has answered it.
func (f *filter) request(x *exchange.Exchange, c call) bool {
	wrong, status := f.checkRequest(x, c)
	switch {
	case len(wrong) == 0:
		f.told(x, c, "request", "fits", nil)
		return true
	case f.Requests == report:
		f.told(x, c, "request", "reported", wrong)
		return true
	}
	f.told(x, c, "request", "refused", wrong)
	x.Refuse(KindName, status, "Request does not fit the API", "The request breaks the API's document.", "see errors, and the API's reference")
	explain(x, status, "Request does not fit the API", wrong)
	return false
}

// explain puts what is wrong, and where, into a problem.
func explain(x *exchange.Exchange, status int, title string, wrong []Violation) {
	content, err := json.Marshal(struct {
		exchange.Problem

		Errors []Violation `json:"errors"`
	}{exchange.Problem{Type: "about:blank", Title: title, Status: status, Detail: wrong[0].In + wrong[0].Pointer + ": " + wrong[0].Detail}, wrong})
	if err == nil {
		x.SetBody(content)
	}
}
