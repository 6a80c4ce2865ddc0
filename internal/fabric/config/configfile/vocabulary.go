package configfile

import (
	"maps"
	"slices"
	"strings"

	"github.com/terrace-idp/terrace/internal/platform/yamldoc"
)

// holds is what a word of a schema holds.
type holds int

const (
	data    holds = iota
	one           // a schema
	many          // a list of schemas, or one
	byName        // schemas by names that are anybody's
	renamed       // what was called so in older drafts, and counts in them alone
)

// words are those of JSON Schema 2020-12, in the order of its vocabularies.
func words() map[string]holds {
	out := map[string]holds{
		"additionalProperties": one, "contains": one, "items": many, "propertyNames": one, "if": one, "then": one, "else": one, "not": one,
		"unevaluatedItems": one, "unevaluatedProperties": one, "contentSchema": one,
		"prefixItems": many, "allOf": many, "anyOf": many, "oneOf": many,
		"properties": byName, "patternProperties": byName, "dependentSchemas": byName, "$defs": byName, "definitions": byName,
		"dependencies": renamed, "additionalItems": renamed, "id": renamed, "$recursiveRef": renamed, "$recursiveAnchor": renamed,
	}
	for _, word := range []string{
		"$schema", "$id", "$ref", "$anchor", "$dynamicRef", "$dynamicAnchor", "$vocabulary", "$comment",
		"type", "const", "enum", "multipleOf", "maximum", "exclusiveMaximum", "minimum", "exclusiveMinimum", "maxLength", "minLength", "pattern",
		"maxItems", "minItems", "uniqueItems", "maxContains", "minContains", "maxProperties", "minProperties", "required", "dependentRequired",
		"title", "description", "default", "deprecated", "readOnly", "writeOnly", "examples", "format", "contentEncoding", "contentMediaType",
	} {
		out[word] = data
	}
	return out
}

// ours are the words that say something of a whole key.
func ours() []string { return []string{"owner", "sensitivity", "workloads"} }

// vocabulary finds words that nobody reads: a schema lets what it does not know be, and a
// limit with a letter too many, or a secret that nothing says to be one, would be told by nobody.
type vocabulary struct {
	words map[string]holds
	key   string
	older bool // the schema names a draft
}

func newVocabulary(key string, o yamldoc.Object) vocabulary {
	_, older := o.Get("$schema")
	return vocabulary{words: words(), key: key, older: older}
}

// schema checks a schema; the whole key's has our words as well.
func (y vocabulary) schema(v yamldoc.Value, whole bool) {
	if !v.IsObject() {
		return // true, false, or what the validator refuses
	}
	v.EachKey(func(word, inner yamldoc.Value) { y.word(word, inner, whole) })
}

func (y vocabulary) word(word, inner yamldoc.Value, whole bool) {
	name := word.Text()
	kind, known := y.words[name]
	isOurs := slices.Contains(ours(), name)
	switch {
	case strings.HasPrefix(name, "x-") || isOurs && whole:
	case isOurs:
		word.Problem("write it beside the type of "+y.key+", or make the part a key of its own", "%s is said of a whole key, and not of a part of one", name)
	case !known:
		word.Problem(y.fix(name, whole), "no schema has the word %q", name)
	case kind == renamed && !y.older:
		word.Problem("see how the draft 2020-12 says it", "%s is a word of older drafts of JSON Schema, and would count for nothing", name)
	case kind == one || kind == many && inner.IsObject():
		y.schema(inner, false)
	case kind == many && inner.IsList():
		inner.Items(func(_ int, item yamldoc.Value) { y.schema(item, false) })
	case kind == byName && inner.IsObject():
		inner.Each(func(_ string, item yamldoc.Value) { y.schema(item, false) })
	}
}

func (y vocabulary) fix(name string, whole bool) string {
	all := slices.Sorted(maps.Keys(y.words))
	if whole {
		all = append(all, ours()...)
	}
	if near := yamldoc.Nearest(name, all); near != "" {
		return "did you mean " + near + "?"
	}
	return "use the words of JSON Schema 2020-12, or x-" + strings.TrimPrefix(name, "x-") + " for one of your own"
}
