package config

import (
	"reflect"
	"strings"
	"unicode"
)

// field is one key of the configuration.
type field struct {
	key string
	doc string
	typ reflect.Type
	at  int
}

// fields returns the keys in the order of the struct.
func fields() []field {
	t := reflect.TypeFor[Config]()
	out := make([]field, 0, t.NumField())
	for i := range t.NumField() {
		if f := t.Field(i); f.Tag.Get("koanf") != "-" {
			out = append(out, field{key: f.Tag.Get("koanf"), doc: f.Tag.Get("doc"), typ: f.Type, at: i})
		}
	}
	return out
}

// single reports whether the field is one value, or a list of them, and so can
// be set by a variable or a flag.
func (f field) single() bool {
	return f.typ.Kind() != reflect.Slice || f.typ.Elem().Kind() == reflect.String
}

// variable returns the name of the environment variable: TERRACE_GATEWAY_HTTP
// for gatewayHttp.
func (f field) variable() string { return "TERRACE_" + strings.ToUpper(f.words("_")) }

// flag returns the name of the flag: gateway-http for gatewayHttp.
func (f field) flag() string { return strings.ToLower(f.words("-")) }

func (f field) words(separator string) string {
	var b strings.Builder
	for _, r := range f.key {
		if unicode.IsUpper(r) {
			b.WriteString(separator)
		}
		b.WriteRune(r)
	}
	return b.String()
}
