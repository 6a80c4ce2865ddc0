package configfile

import (
	"errors"
	"math/big"
	"reflect"
	"slices"
	"strconv"
	"strings"

	"github.com/santhosh-tekuri/jsonschema/v6"
	"github.com/santhosh-tekuri/jsonschema/v6/kind"
	"golang.org/x/text/language"
	"golang.org/x/text/message"

	"github.com/terrace-idp/terrace/internal/platform/secretref"
	"github.com/terrace-idp/terrace/internal/platform/yamldoc"
)

// value is what a layer says of a key.
type value struct {
	any   any
	place Place
}

// Reference returns the reference to a secret that a value is.
func Reference(v any) (r secretref.Reference, ok bool) {
	text, _ := v.(string)
	r, is, err := secretref.Whole(text)
	return r, is && err == nil
}

// value reads and validates what a file says of a key; nil after a problem.
func (r *reader) value(file string, k *Key, v yamldoc.Value) *value {
	out := &value{any: v.Exact(), place: placeOf(file, v)}
	if k.Sensitivity == Secret {
		if _, is, err := secretref.Whole(v.Text()); is && err != nil {
			v.Problem("write ${secret:NAME}, ${secret:NAME#KEY} for one of its keys, or ${secret:NAME@VERSION} for one version", "%s: %v", k.Name, err)
			return nil
		}
		if _, ok := Reference(out.any); !ok {
			// What is written there may be the secret itself: it is not repeated.
			v.Problem("put the value into the secret store with terrace secret set, and write ${secret:NAME}", "%s is secret, and its value here is no reference to a secret", k.Name)
			return nil
		}
		return out
	}
	if refers(out.any) {
		v.Problem("write sensitivity: secret to the key", "%s is not secret, and its value refers to a secret", k.Name)
		return nil
	}
	plain, err := plainJSON(out.any)
	if err != nil {
		v.Problem("", "%v", err)
		return nil
	}
	err = k.compiled.Validate(plain)
	if broken, ok := errors.AsType[*jsonschema.ValidationError](err); ok {
		for _, leaf := range leaves(broken) {
			at, path := find(v, leaf.InstanceLocation)
			v.ProblemAt(at, "see the key in "+schemaFile, "%s%s: %s", k.Name, path, says(leaf))
		}
		return nil
	}
	if err != nil {
		v.Problem("", "%s: %v", k.Name, err)
		return nil
	}
	return out
}

// refers reports whether there is a reference to a secret anywhere in a value.
func refers(v any) bool {
	switch v := v.(type) {
	case string:
		return secretref.Mentions(v)
	case []any:
		for _, item := range v {
			if refers(item) {
				return true
			}
		}
	case map[string]any:
		for _, item := range v {
			if refers(item) {
				return true
			}
		}
	}
	return false
}

// leaves are the failures that have no cause of their own.
func leaves(v *jsonschema.ValidationError) []*jsonschema.ValidationError {
	if len(v.Causes) == 0 {
		return []*jsonschema.ValidationError{v}
	}
	var out []*jsonschema.ValidationError
	for _, c := range v.Causes {
		out = append(out, leaves(c)...)
	}
	return out
}

// says is what the validator says, with all digits of numbers, of which it shows some.
func says(v *jsonschema.ValidationError) string {
	switch k := v.ErrorKind.(type) {
	case *kind.Minimum:
		return bound(k, k.Got, k.Want)
	case *kind.Maximum:
		return bound(k, k.Got, k.Want)
	case *kind.ExclusiveMinimum:
		return bound(k, k.Got, k.Want)
	case *kind.ExclusiveMaximum:
		return bound(k, k.Got, k.Want)
	case *kind.MultipleOf:
		return bound(k, k.Got, k.Want)
	}
	return v.ErrorKind.LocalizedString(message.NewPrinter(language.English))
}

func bound(k jsonschema.ErrorKind, got, want *big.Rat) string {
	return strings.Join(k.KeywordPath(), ".") + ": got " + digits(got) + ", want " + digits(want)
}

func digits(r *big.Rat) string {
	n, _ := r.FloatPrec() // a number of a document ends
	return r.FloatString(n)
}

// find returns the place of the deepest part of a path that is there, and how the part
// is called after its key.
func find(v yamldoc.Value, path []string) (at yamldoc.Position, name string) {
	at = v.At()
	for _, step := range path {
		next, ok := inside(v, step)
		if !ok {
			return at, name
		}
		v, at, name = next, next.At(), name+"."+step
	}
	return at, name
}

func inside(v yamldoc.Value, step string) (found yamldoc.Value, ok bool) {
	switch {
	case v.IsObject():
		v.Each(func(key string, item yamldoc.Value) {
			if key == step {
				found, ok = item, true
			}
		})
	case v.IsList():
		n, err := strconv.Atoi(step)
		v.Items(func(i int, item yamldoc.Value) {
			if err == nil && i == n {
				found, ok = item, true
			}
		})
	}
	return found, ok
}

// Misfit tells why the value of a secret is none that the key may have; "" where it is. It
// names the words of the schema that say so, and never the value.
func (s *Set) Misfit(key, value string) string {
	k, ok := s.keys[key]
	if !ok || k.compiled == nil {
		return ""
	}
	broken, ok := errors.AsType[*jsonschema.ValidationError](k.compiled.Validate(value))
	if !ok {
		return ""
	}
	var words []string
	for _, leaf := range leaves(broken) {
		if path := leaf.ErrorKind.KeywordPath(); len(path) > 0 {
			words = append(words, path[0])
		}
	}
	slices.Sort(words)
	return strings.Join(slices.Compact(words), ", ")
}

// SameSchema reports whether both sets have a key with one schema.
func (s *Set) SameSchema(other *Set, key string) bool {
	if s == nil || other == nil || s.keys[key] == nil || other.keys[key] == nil {
		return false
	}
	return reflect.DeepEqual(s.keys[key].Schema, other.keys[key].Schema)
}
