package arm

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"
)

// The bounds of a request's body.
const (
	maxBody  = 4 << 20
	maxDepth = 64
)

// request is one request to Resource Manager, read.
type request struct {
	method      string
	path        string
	query       url.Values
	header      http.Header
	caller      Caller
	correlation string
	// body is the decoded document, in an empty one nil.
	body Object
	slow int
}

func (e *Engine) parse(r *http.Request) (*request, error) {
	caller, err := e.authenticate(r)
	if err != nil {
		return nil, err
	}
	req := &request{method: r.Method, path: cleanPath(r.URL.Path), query: r.URL.Query(), header: r.Header, caller: caller, correlation: correlation(r)}
	if err := checkAPIVersion(req.query.Get("api-version")); err != nil {
		return req, err
	}
	switch r.Method {
	case http.MethodPut, http.MethodPatch, http.MethodPost:
		req.body, err = readBody(r.Body)
	}
	return req, err
}

// checkAPIVersion takes any date, with a label such as -preview behind it or none:
// which versions a type has is not simulated.
func checkAPIVersion(version string) error {
	if version == "" {
		return BadRequest("MissingApiVersionParameter", "The api-version query parameter (?api-version=) is required for all requests.")
	}
	date, label, labelled := version, "", false
	if len(version) > len(time.DateOnly) {
		date, label = version[:len(time.DateOnly)], version[len(time.DateOnly):]
		labelled = true
	}
	if _, err := time.Parse(time.DateOnly, date); err != nil || labelled && (label[0] != '-' || len(label) == 1) {
		return BadRequest("InvalidApiVersionParameter", "The api-version '%s' is invalid: it is a date, such as 2024-05-01 or 2024-05-01-preview.", version)
	}
	return nil
}

// cleanPath drops the slash at the end, and the second one that older clients write in front of a scope.
func cleanPath(path string) string {
	if strings.HasPrefix(path, "//") {
		path = path[1:]
	}
	return strings.TrimRight(path, "/")
}

func correlation(r *http.Request) string {
	if id := r.Header.Get("X-Ms-Correlation-Request-Id"); id != "" && len(id) <= 64 {
		return id
	}
	return NewUUID()
}

func readBody(from io.Reader) (Object, error) {
	raw, err := io.ReadAll(io.LimitReader(from, maxBody+1))
	if err != nil {
		return nil, BadRequest("InvalidRequestContent", "The request content could not be read: %v.", err)
	}
	if len(raw) > maxBody {
		return nil, Errorf(http.StatusRequestEntityTooLarge, "RequestContentTooLarge", "The request content is larger than %d bytes.", maxBody)
	}
	if len(bytes.TrimSpace(raw)) == 0 || bytes.Equal(bytes.TrimSpace(raw), []byte("null")) {
		return nil, nil
	}
	if err := checkDepth(raw); err != nil {
		return nil, err
	}
	var body Object
	if err := json.Unmarshal(raw, &body); err != nil {
		return nil, BadRequest("InvalidRequestContent", "The request content was invalid and could not be deserialized: '%v'.", err)
	}
	return body, nil
}

// checkDepth refuses documents that nest too deeply, without building them.
func checkDepth(raw []byte) error {
	d := json.NewDecoder(bytes.NewReader(raw))
	for depth := 0; ; {
		token, err := d.Token()
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return BadRequest("InvalidRequestContent", "The request content was invalid and could not be deserialized: '%v'.", err)
		}
		switch token {
		case json.Delim('{'), json.Delim('['):
			if depth++; depth > maxDepth {
				return BadRequest("InvalidRequestContent", "The request content nests more than %d levels.", maxDepth)
			}
		case json.Delim('}'), json.Delim(']'):
			depth--
		}
	}
}

func (r *request) listQuery() (Query, error) {
	q := Query{Filter: r.query.Get("$filter"), Expand: r.query.Get("$expand"), Params: map[string]string{}}
	for name := range r.query {
		q.Params[name] = r.query.Get(name)
	}
	if top := r.query.Get("$top"); top != "" {
		n, err := strconv.Atoi(top)
		if err != nil || n < 1 {
			return q, BadRequest("InvalidQueryParameterValue", "The value '%s' of the query parameter '$top' is not a positive number.", top)
		}
		q.Top = n
	}
	return q, nil
}
