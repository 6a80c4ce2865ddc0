package document

import (
	"encoding/json"
	"fmt"
	"strconv"

	"github.com/terrace-idp/terrace/internal/kernel"
)

// The first characters of keys: null, false and true, numbers, texts. beyond sorts after
// all of them.
const (
	ofNull   = "0"
	ofBool   = "1"
	ofNumber = "2"
	ofText   = "3"
	beyond   = "4"
)

// keyOf returns a text that sorts, byte by byte, as the value does: null, false, true,
// numbers by value, texts by code point. What is no scalar has none.
func keyOf(value any) (key string, ok bool, err error) {
	switch v := value.(type) {
	case nil:
		return ofNull, true, nil
	case bool:
		if v {
			return ofBool + "t", true, nil
		}
		return ofBool + "f", true, nil
	case json.Number:
		d, err := parseDecimal(v.String())
		return ofNumber + d.ordered(), true, err
	case int:
		return keyOf(json.Number(strconv.Itoa(v)))
	case int64:
		return keyOf(json.Number(strconv.FormatInt(v, 10)))
	case float64:
		return keyOf(json.Number(strconv.FormatFloat(v, 'g', -1, 64)))
	case string:
		if len(v) > MaxKey {
			return "", false, fmt.Errorf("it has %d bytes, and an index takes up to %d", len(v), MaxKey)
		}
		return ofText + v, true, nil
	}
	return "", false, nil
}

// keys returns the keys of a body's values.
func (c Collection) keys(body map[string]any) (map[string]string, error) {
	out := make(map[string]string, len(c.Indexes))
	for _, x := range c.Indexes {
		value, there := at(body, x.Path)
		if !there {
			continue
		}
		key, ok, err := keyOf(value)
		if err != nil {
			return nil, kernel.Errorf(kernel.Invalid, "the value that the index %s is on: %w", x.Name, err).
				WithFix("shorten it, or take the index away")
		}
		if ok {
			out[x.Name] = key
		}
	}
	return out, nil
}

// at returns what is at a path of members.
func at(body map[string]any, path []string) (value any, there bool) {
	value = body
	for _, name := range path {
		object, ok := value.(map[string]any)
		if !ok {
			return nil, false
		}
		if value, there = object[name]; !there {
			return nil, false
		}
	}
	return value, true
}
