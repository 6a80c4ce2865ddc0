package validate

import (
	"bytes"
	"errors"
	"maps"
	"net/url"
	"slices"
	"unicode/utf8"

	"github.com/santhosh-tekuri/jsonschema/v6"

	"github.com/terrace-idp/terrace/internal/fabric/gateway/exchange"
)

// What is in this file keeps a service from reading a message otherwise than it was
// held against the document: of two values for one name some take the first, some the
// last, and of bytes that are no text each makes its own.

var errNotUTF8, errTwice = errors.New("the body is no text in UTF-8"), errors.New("a field of the body is there twice")

// readJSON reads the one value of a JSON text in UTF-8, without a name twice in an
// object (RFC 8259 §8.1, RFC 7493 §2.3). Errors besides these two are of its syntax.
func readJSON(text []byte) (any, error) {
	if !utf8.Valid(text) {
		return nil, errNotUTF8
	}
	v, err := jsonschema.UnmarshalJSON(bytes.NewReader(text))
	if err == nil && colons(text) != fields(v) {
		return nil, errTwice
	}
	return v, err
}

// colons counts the names of all objects of a valid text of JSON, by what is behind each.
func colons(text []byte) (n int) {
	inside := false
	for i := 0; i < len(text); i++ {
		switch text[i] {
		case '"':
			inside = !inside
		case '\\':
			i++
		case ':':
			if !inside {
				n++
			}
		}
	}
	return n
}

// fields counts the names that were read of them.
func fields(v any) (n int) {
	switch v := v.(type) {
	case map[string]any:
		n = len(v)
		for _, one := range v {
			n += fields(one)
		}
	case []any:
		for _, one := range v {
			n += fields(one)
		}
	}
	return n
}

func notJSON(err error) Violation {
	switch {
	case errors.Is(err, errTwice):
		return Violation{In: "body", Rule: "duplicate", Detail: "a field is there more than once"}
	case errors.Is(err, errNotUTF8):
		return Violation{In: "body", Rule: "syntax", Detail: "the body is no text in UTF-8"}
	}
	return Violation{In: "body", Rule: "syntax", Detail: "the body is no JSON"}
}

// repeated tells that a parameter that has one value came with several.
func (p *parameter) repeated(x *exchange.Exchange, query url.Values) bool {
	switch p.in {
	case "header":
		return !p.shape.is("array") && len(x.Request.Header.PeekAll(p.name)) > 1
	case "query":
		if p.shape.is("object") && !p.json && (p.style == "deepObject" || p.explode) {
			for name, s := range p.shape.properties {
				if !s.is("array") && len(query[p.field(name)]) > 1 {
					return true
				}
			}
			return false
		}
		list := p.explode && p.shape.is("array") && !p.json
		return len(query[p.name]) > 1 && !list
	}
	return false
}

// repeatedFields are those of a form that the document knows with one value.
func (s *shape) repeatedFields(form url.Values) (wrong []Violation) {
	for _, name := range slices.Sorted(maps.Keys(s.properties)) {
		if !s.properties[name].is("array") && len(form[name]) > 1 {
			wrong = append(wrong, Violation{In: "body", Pointer: "/" + escape(name), Rule: "duplicate", Detail: "the field is there more than once"})
		}
	}
	return wrong
}
