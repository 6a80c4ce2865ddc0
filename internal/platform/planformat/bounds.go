package planformat

import (
	"encoding/json"
	"fmt"

	"github.com/terrace-idp/terrace/internal/kernel"
)

// What is said of values that are out of bounds.
const (
	tooLarge = "%s has %d MiB, more than the %d allowed"
	tooDeep  = "values are nested deeper than %d levels"
	noNumber = "the number is larger, nearer to zero or longer than any that programs count with"
	// unwritten is what to do about it.
	unwritten = "no provider writes that; " + fix
)

// bounds measures values.
type bounds struct {
	// size is how long the text of them is at least, in bytes.
	size int
	// why says what is wrong with the first that is out of bounds, and path where.
	why  string
	path []any
}

// bounded refuses values that no text could have that is read.
func bounded(name string, values map[string]any) error {
	var b bounds
	b.value(values, deepest)
	switch {
	case b.size > MaxBytes:
		return kernel.Errorf(kernel.TooLarge, tooLarge, name, b.size>>20, MaxBytes>>20)
	case b.why != "":
		return kernel.Errorf(kernel.Invalid, "%s has what Terrace does not read", name).
			WithProblems(kernel.Problem{File: name, Path: written(b.path), Message: b.why, Fix: unwritten})
	default:
		return nil
	}
}

// value measures what may have so many others in each other.
func (b *bounds) value(v any, deep int) {
	switch v := v.(type) {
	case string:
		b.size += len(v) + len(`""`)
	case json.Number:
		b.size += len(v)
		if len(v) >= enough && uncountable([]byte(v)) {
			b.out(noNumber)
		}
	case []any:
		b.size += len(v) + 1
		if deep == 0 {
			b.out(fmt.Sprintf(tooDeep, deepest))
			return
		}
		for i, inner := range v {
			if b.value(inner, deep-1); b.found(i) {
				return
			}
		}
	case map[string]any:
		b.size++
		if deep == 0 {
			b.out(fmt.Sprintf(tooDeep, deepest))
			return
		}
		for name, inner := range v {
			b.size += len(name) + len(`"":,`)
			if b.value(inner, deep-1); b.found(name) {
				return
			}
		}
	}
}

func (b *bounds) out(why string) { b.why, b.path = why, []any{} }

// found adds a step to the way to what is out of bounds; the way is short where that is deep.
func (b *bounds) found(step any) bool {
	if b.why == "" {
		return b.size > MaxBytes
	}
	b.path = append([]any{step}, b.path[:min(len(b.path), longestPath)]...)
	return true
}

// longestPath bounds the steps that are told of a way.
const longestPath = 20
