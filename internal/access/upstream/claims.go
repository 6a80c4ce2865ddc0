package upstream

import (
	"bytes"
	"encoding/json"
	"path"
	"slices"
	"strconv"
	"strings"

	"github.com/terrace-idp/terrace/internal/kernel"
)

// Claims are what an upstream says of somebody.
type Claims map[string]any

// parseClaims reads claims; numbers stay as they were written.
func parseClaims(raw []byte) (Claims, error) {
	decoder := json.NewDecoder(bytes.NewReader(raw))
	decoder.UseNumber()
	var c Claims
	if err := decoder.Decode(&c); err != nil {
		return nil, kernel.Errorf(kernel.Invalid, "the claims are no JSON object: %w", err)
	}
	return c, nil
}

// The address of somebody, and who says that it is theirs: email_verified of OpenID Connect
// Core §5.1, xms_edov of Entra ID.
const (
	claimEmail    = "email"
	claimVerified = "email_verified"
	claimOwner    = "xms_edov"
)

// add puts in claims of another source that are not there yet: what was signed stays. That
// an address is verified is taken only for the address that this was said of.
func (c Claims) add(more Claims) {
	_, signed := c[claimEmail]
	other := signed && c.text(claimEmail) != more.text(claimEmail)
	for name, value := range more {
		_, said := c[name]
		if said || other && (name == claimVerified || name == claimOwner) {
			continue
		}
		c[name] = value
	}
}

// at returns what is at a place: the name of a claim to the letter, or, after a slash, a
// JSON pointer (RFC 6901). No claim can be named so that it is taken for another one.
func (c Claims) at(place string) (any, bool) {
	if !strings.HasPrefix(place, "/") {
		v, ok := c[place]
		return v, ok
	}
	var v any = map[string]any(c)
	for token := range strings.SplitSeq(place[1:], "/") {
		token = strings.ReplaceAll(strings.ReplaceAll(token, "~1", "/"), "~0", "~")
		switch in := v.(type) {
		case map[string]any:
			next, ok := in[token]
			if !ok {
				return nil, false
			}
			v = next
		case []any:
			i, err := strconv.Atoi(token)
			if err != nil || i < 0 || i >= len(in) || strconv.Itoa(i) != token {
				return nil, false
			}
			v = in[i]
		default:
			return nil, false
		}
	}
	return v, true
}

// text returns what is at a place as text, "" for what is none.
func (c Claims) text(place string) string {
	v, _ := c.at(place)
	text, _ := scalar(v)
	return text
}

// says reports whether a claim is true, also as the text or the number that some write.
func (c Claims) says(place string) bool {
	text := c.text(place)
	return text == "true" || text == "1"
}

// scalar is a text, a number or a truth as text; lists and objects are none.
func scalar(v any) (string, bool) {
	switch v := v.(type) {
	case string:
		return v, true
	case bool:
		return strconv.FormatBool(v), true
	case json.Number:
		return v.String(), true
	case float64:
		return strconv.FormatFloat(v, 'f', -1, 64), true
	}
	return "", false
}

// Operator says how a claim is compared.
type Operator string

// How a claim is compared.
const (
	// Equals is the claim itself.
	Equals Operator = "equals"
	// Contains is one of the claim's list.
	Contains Operator = "contains"
	// OneOf is the claim, or one of its list, among several.
	OneOf Operator = "oneOf"
	// Glob is the claim, or one of its list, by a pattern in which * is any characters but /.
	Glob Operator = "glob"
)

// Operators returns every operator.
func Operators() []Operator { return []Operator{Equals, Contains, OneOf, Glob} }

// Condition is what a claim must be.
type Condition struct {
	Claim    string   `json:"claim"`
	Operator Operator `json:"operator"`
	// Values has one, but for oneOf.
	Values []string `json:"values"`
}

// holds reports whether claims meet the condition. Values are compared whole, never a
// part of one: what an upstream lets people write cannot be made to look like more.
func (c Condition) holds(claims Claims) bool {
	v, ok := claims.at(c.Claim)
	if !ok {
		return false
	}
	own, single := scalar(v)
	list, many := v.([]any)
	some := func(matches func(string) bool) bool {
		return single && matches(own) || many && slices.ContainsFunc(list, func(item any) bool {
			text, ok := scalar(item)
			return ok && matches(text)
		})
	}
	switch c.Operator {
	case Equals:
		return single && own == c.Values[0]
	case Contains:
		return many && some(func(text string) bool { return text == c.Values[0] })
	case OneOf:
		return some(func(text string) bool { return slices.Contains(c.Values, text) })
	case Glob:
		return some(func(text string) bool {
			matched, err := path.Match(c.Values[0], text)
			return err == nil && matched
		})
	}
	return false
}

// String is the condition as people write it.
func (c Condition) String() string {
	return c.Claim + " " + string(c.Operator) + " " + strings.Join(c.Values, ", ")
}
