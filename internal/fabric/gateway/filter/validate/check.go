package validate

import (
	"bytes"
	"errors"
	"fmt"
	"mime"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"github.com/santhosh-tekuri/jsonschema/v6"
	"github.com/santhosh-tekuri/jsonschema/v6/kind"

	"github.com/terrace-idp/terrace/internal/fabric/gateway/exchange"
)

// Violation is one thing about a message that its API's document forbids. It
// holds no value of the message.
type Violation struct {
	// In is body, path, query, header, cookie or status.
	In string `json:"in"`
	// Pointer is the place within it (RFC 6901), or the parameter's name.
	Pointer string `json:"pointer,omitempty"`
	// Rule is the keyword of the schema, such as maximum.
	Rule   string `json:"rule"`
	Detail string `json:"detail"`
}

// maxViolations bounds what is told of a message.
const maxViolations = 20

// checkRequest holds a request against its operation, and says with which status
// it is to be refused.
func (f *filter) checkRequest(x *exchange.Exchange, c call) ([]Violation, int) {
	wrong := f.checkParameters(x, c)
	status := http.StatusBadRequest
	body, code := f.checkBody(x, c.op)
	if len(wrong) == 0 && len(body) > 0 {
		status = code
	}
	wrong = append(wrong, body...)
	return wrong[:min(len(wrong), maxViolations)], status
}

func (f *filter) checkParameters(x *exchange.Exchange, c call) (wrong []Violation) {
	_, raw, _ := strings.Cut(x.Target, "?")
	var query url.Values
	if raw != "" {
		var err error
		if query, err = url.ParseQuery(raw); err != nil {
			return []Violation{{In: "query", Rule: "syntax", Detail: "the query cannot be read"}}
		}
	}
	if f.UnknownFields == "refuse" {
		for key := range query {
			if !c.op.query[key] {
				wrong = append(wrong, Violation{In: "query", Rule: "parameters", Detail: "the query has a parameter that the API does not know"})
			}
		}
	}
	for _, p := range c.op.parameters {
		v, there := p.of(x, query, c.values)
		pointer := "/" + escape(p.name)
		switch {
		case !there && p.required:
			wrong = append(wrong, Violation{In: p.in, Pointer: pointer, Rule: "required", Detail: "the parameter is missing"})
		case p.repeated(x, query):
			wrong = append(wrong, Violation{In: p.in, Pointer: pointer, Rule: "duplicate", Detail: "the parameter is there more than once"})
		case !there || p.schema == nil || v == "" && p.empty:
		default:
			wrong = append(wrong, violations(p.in, pointer, p.schema.Validate(v))...)
		}
	}
	return wrong
}

// of reads the parameter from a request.
func (p *parameter) of(x *exchange.Exchange, query url.Values, values map[string]string) (any, bool) {
	switch p.in {
	case "path":
		text, there := values[p.name]
		if plain, err := url.PathUnescape(text); err == nil {
			text = plain
		}
		return p.ofText(text), there
	case "query":
		return p.ofQuery(query)
	case "header":
		if slices.Contains([]string{"accept", "content-type", "authorization"}, strings.ToLower(p.name)) {
			return nil, false // OpenAPI §4.8.12.1: such are no parameters
		}
		lines := x.Request.Header.PeekAll(p.name) // several are one list (RFC 9110 §5.3)
		return p.ofText(string(bytes.Join(lines, []byte(",")))), len(lines) > 0
	}
	raw := x.Request.Header.Cookie(p.name)
	return p.ofText(string(raw)), raw != nil
}

// checkBody holds a request's body against its operation. It is kept, and sent on.
func (f *filter) checkBody(x *exchange.Exchange, op *operation) ([]Violation, int) {
	if x.Body == nil || x.Body.Empty() {
		if op.required {
			return []Violation{{In: "body", Rule: "required", Detail: "the body is missing"}}, http.StatusBadRequest
		}
		return nil, 0
	}
	if op.body == nil {
		if f.UnknownFields == "refuse" {
			return []Violation{{In: "body", Rule: "requestBody", Detail: "the operation takes no body"}}, http.StatusBadRequest
		}
		return nil, 0
	}
	kind := string(x.Request.Header.ContentType())
	m, wrong := op.body.of(kind)
	if wrong != nil || m.schema == nil || !readable(kind) {
		return wrong, http.StatusUnsupportedMediaType
	}
	if len(x.Request.Header.Peek("Content-Encoding")) > 0 {
		return []Violation{{In: "header", Pointer: "/Content-Encoding", Rule: "content", Detail: "a compressed body is not read"}}, http.StatusUnsupportedMediaType
	}
	whole, err := x.Body.Keep(f.MaxBodyBytes)
	switch {
	case err != nil && !errors.Is(err, exchange.ErrTooLarge):
		return []Violation{{In: "body", Rule: "syntax", Detail: "the body broke off"}}, http.StatusBadRequest
	case !whole:
		return []Violation{{In: "body", Rule: "maxBodyBytes", Detail: "the body has more than " + strconv.Itoa(f.MaxBodyBytes) + " bytes"}}, http.StatusRequestEntityTooLarge
	}
	return m.check(kind, x.Body.Whole()), http.StatusUnprocessableEntity
}

// readable tells the media types whose bodies are held against their schema; of
// others the type alone is.
func readable(kind string) bool {
	base := baseOf(kind)
	return isJSON(base) || base == "application/x-www-form-urlencoded" || base == "text/plain"
}

func baseOf(kind string) string {
	base, _, err := mime.ParseMediaType(kind)
	if err != nil {
		return ""
	}
	return base
}

// of returns what a media type is to hold, the most particular first.
func (c *content) of(kind string) (*media, []Violation) {
	if c == nil {
		return nil, nil
	}
	base := baseOf(kind)
	major, _, _ := strings.Cut(base, "/")
	for _, key := range []string{strings.ToLower(kind), base, major + "/*", "*/*"} {
		if m := c.media[key]; m != nil {
			return m, nil
		}
	}
	for key, m := range c.media { // a type of the document with parameters of its own
		if baseOf(key) == base && base != "" {
			return m, nil
		}
	}
	return nil, []Violation{{In: "header", Pointer: "/Content-Type", Rule: "content", Detail: "the API's document has no such media type"}}
}

// answer returns what an answer of a status is to hold; there is false for a
// status that the document does not have.
func (o *operation) answer(status int) (c *content, there bool) {
	text := strconv.Itoa(status)
	for _, key := range []string{text, text[:1] + "XX", "DEFAULT"} {
		if c, there = o.answers[key]; there {
			return c, true
		}
	}
	return nil, false
}

// check holds a body against the schema.
func (m *media) check(contentType string, body []byte) []Violation {
	var v any = string(body)
	switch base := baseOf(contentType); {
	case isJSON(base):
		var err error
		if v, err = readJSON(body); err != nil {
			return []Violation{notJSON(err)}
		}
	case base == "application/x-www-form-urlencoded":
		form, err := url.ParseQuery(string(body))
		if err != nil {
			return []Violation{{In: "body", Rule: "syntax", Detail: "the body is no form"}}
		}
		if wrong := m.shape.repeatedFields(form); len(wrong) > 0 {
			return wrong
		}
		out := map[string]any{}
		for key, values := range form {
			out[key] = m.shape.properties[key].all(values)
		}
		v = out
	case base != "text/plain":
		return nil
	}
	return violations("body", "", m.schema.Validate(v))
}

// violations are the leaves of what a schema says.
func violations(in, before string, err error) []Violation {
	invalid, is := errors.AsType[*jsonschema.ValidationError](err)
	if !is {
		if err != nil {
			return []Violation{{In: in, Pointer: before, Rule: "schema", Detail: "the value cannot be judged"}}
		}
		return nil
	}
	var out []Violation
	var leaves func(e *jsonschema.ValidationError)
	leaves = func(e *jsonschema.ValidationError) {
		if len(e.Causes) == 0 && len(out) < maxViolations {
			pointer := before
			for _, part := range e.InstanceLocation {
				pointer += "/" + escape(part)
			}
			rule, detail := words(e.ErrorKind)
			out = append(out, Violation{In: in, Pointer: pointer, Rule: rule, Detail: detail})
		}
		for _, cause := range e.Causes {
			leaves(cause)
		}
	}
	leaves(invalid)
	return out
}

// words says what a schema wants, without the value that it got.
func words(k jsonschema.ErrorKind) (rule, detail string) {
	switch k := k.(type) {
	case *kind.Type:
		return "type", fmt.Sprintf("it is %s, and has to be %s", k.Got, strings.Join(k.Want, " or "))
	case *kind.Required:
		return "required", "it lacks " + strings.Join(k.Missing, ", ")
	case *kind.Enum:
		return "enum", "it is none of the values that are allowed"
	case *kind.Const:
		return "const", "it is not the value that is allowed"
	case *kind.Format:
		return "format", "it is no " + k.Want
	case *kind.Pattern:
		return "pattern", "it is not like " + k.Want
	case *kind.Minimum:
		return "minimum", "it has to be at least " + k.Want.RatString()
	case *kind.Maximum:
		return "maximum", "it has to be at most " + k.Want.RatString()
	case *kind.MinLength:
		return "minLength", fmt.Sprintf("it needs %d characters", k.Want)
	case *kind.MaxLength:
		return "maxLength", fmt.Sprintf("it may have %d characters", k.Want)
	case *kind.MinItems:
		return "minItems", fmt.Sprintf("it needs %d items", k.Want)
	case *kind.MaxItems:
		return "maxItems", fmt.Sprintf("it may have %d items", k.Want)
	case *kind.AdditionalProperties, *kind.FalseSchema:
		return "unknownFields", "the API does not know this field, or one in it"
	}
	path := k.KeywordPath()
	if len(path) == 0 {
		return "schema", "it breaks the schema"
	}
	return path[0], "it breaks the rule " + strings.Join(path, "/")
}
