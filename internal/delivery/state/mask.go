package state

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"

	"github.com/terrace-idp/terrace/internal/platform/conceal"
)

// hidden stands in for a sensitive value.
const hidden = "(sensitive)"

// shown are the attributes of an instance with (sensitive) for those that the tool
// marked, for those whose names are secrets', and for all that have one of these in
// them: not every provider marks all of its own.
func shown(raw json.RawMessage) (map[string]any, error) {
	var v values
	if err := json.Unmarshal(raw, &v); err != nil {
		return nil, err
	}
	secret := conceal.Of()
	masked, _ := mask(v.Attributes, secret).(map[string]any)
	for _, path := range v.Sensitive {
		keys := steps(path)
		if len(keys) == 0 { // it is written in another way: which value it is cannot be told
			secret.Add(v.Attributes)
			continue
		}
		cover(masked, keys, secret)
	}
	if secret.Empty() {
		return masked, nil
	}
	masked, _ = scrub(masked, secret).(map[string]any)
	return masked, nil
}

// mask copies a value without what is named like a secret, which secret takes.
func mask(v any, secret *conceal.Values) any {
	switch value := v.(type) {
	case map[string]any:
		out := make(map[string]any, len(value))
		for name, inner := range value {
			if secretName(name) && texts(inner) {
				secret.Add(inner)
				out[name] = hidden
				continue
			}
			out[name] = mask(inner, secret)
		}
		return out
	case []any:
		out := make([]any, len(value))
		for i, inner := range value {
			out[i] = mask(inner, secret)
		}
		return out
	default:
		return v
	}
}

// texts reports whether a value is a text that says something, or has nothing but texts.
func texts(v any) bool {
	text := func(v any) bool { _, is := v.(string); return is }
	switch value := v.(type) {
	case string:
		return value != ""
	case []any:
		return len(value) > 0 && !slices.ContainsFunc(value, func(v any) bool { return !text(v) })
	case map[string]any:
		for _, inner := range value {
			if !text(inner) {
				return false
			}
		}
		return len(value) > 0
	default:
		return false
	}
}

// cover returns the value with (sensitive) where the keys lead to, and on all of it
// where they lead to nothing that is there. secret takes what was there.
func cover(v any, keys []any, secret *conceal.Values) any {
	if v == nil {
		return nil
	}
	if len(keys) > 0 {
		switch at := v.(type) {
		case map[string]any:
			if inside(at, keys, secret) {
				return at
			}
		case []any:
			if n, ok := keys[0].(float64); ok && n >= 0 && int(n) < len(at) {
				at[int(n)] = cover(at[int(n)], keys[1:], secret)
				return at
			}
		}
	}
	if inner, typed := opened(v); typed {
		v = inner // the words of a type are in many values
	}
	secret.Add(v)
	return hidden
}

// opened returns what is in a value whose type its provider leaves open: it is an object
// in the state, of the value and the type.
func opened(v any) (inner any, typed bool) {
	at, _ := v.(map[string]any)
	inner, value := at["value"]
	_, kind := at["type"]
	return inner, value && kind && len(at) == 2
}

// inside covers a member of an object; of an open value the keys go on in what is in it.
func inside(at map[string]any, keys []any, secret *conceal.Values) (there bool) {
	if inner, typed := opened(at); typed {
		at["value"], there = cover(inner, keys, secret), true
	}
	name := fmt.Sprint(keys[0])
	if inner, found := at[name]; found && (name != "value" || !there) {
		at[name], there = cover(inner, keys[1:], secret), true
	}
	return there
}

// scrub copies a value with (sensitive) for each text that has a secret in it.
func scrub(v any, secret *conceal.Values) any {
	switch value := v.(type) {
	case string:
		if secret.In(value) {
			return hidden
		}
	case map[string]any:
		out := make(map[string]any, len(value))
		for name, inner := range value {
			if secret.In(name) {
				name = hidden
			}
			out[name] = scrub(inner, secret)
		}
		return out
	case []any:
		out := make([]any, len(value))
		for i, inner := range value {
			out[i] = scrub(inner, secret)
		}
		return out
	}
	return v
}

// secretName reports names of attributes whose values are secrets.
func secretName(name string) bool {
	lower := strings.ToLower(name)
	if strings.HasSuffix(lower, "_id") || strings.HasSuffix(lower, "_name") || strings.HasSuffix(lower, "_version") {
		return false
	}
	for _, word := range []string{"password", "secret", "token", "private_key", "access_key", "connection_string", "sas_url", "kube_config", "credential"} {
		if strings.Contains(lower, word) {
			return true
		}
	}
	return false
}

// steps reads a path of sensitive_attributes: names and numbers.
func steps(path json.RawMessage) (keys []any) {
	var parts []struct {
		Type  string          `json:"type"`
		Value json.RawMessage `json:"value"`
	}
	if json.Unmarshal(path, &parts) != nil {
		return nil
	}
	for _, part := range parts {
		var key any
		var typed struct {
			Value any `json:"value"`
		}
		if part.Type == "index" && json.Unmarshal(part.Value, &typed) == nil {
			key = typed.Value
		} else if json.Unmarshal(part.Value, &key) != nil {
			return nil
		}
		keys = append(keys, key)
	}
	return keys
}
