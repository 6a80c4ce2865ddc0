package cache

import (
	"encoding/json"
	"fmt"
	"maps"
	"math"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/terrace-idp/terrace/internal/kernel"
)

// reader reads a spec strictly and collects what is wrong with it.
type reader struct{ problems []kernel.Problem }

func (r *reader) add(path, message, fix string) {
	r.problems = append(r.problems, kernel.Problem{Path: path, Message: message, Fix: fix})
}

func decode(r *reader, raw json.RawMessage) any {
	if len(raw) == 0 {
		return nil
	}
	var v any
	if err := json.Unmarshal(raw, &v); err != nil {
		r.add("", "the spec is no JSON: "+err.Error(), "")
		return nil
	}
	return v
}

// object is one level of a spec; what nobody asked for is unknown.
type object struct {
	r      *reader
	path   string
	fields map[string]any
	asked  []string
}

func (r *reader) object(path string, v any) *object {
	fields, ok := v.(map[string]any)
	if v != nil && !ok {
		r.add(path, "this has to be an object", "")
	}
	return &object{r: r, path: path, fields: fields}
}

func (o *object) at(name string) string {
	if o.path == "" {
		return name
	}
	return o.path + "." + name
}

func (o *object) take(name string) (any, bool) {
	o.ask(name)
	v, ok := o.fields[name]
	return v, ok && v != nil
}

func (o *object) ask(name string) {
	if !slices.Contains(o.asked, name) {
		o.asked = append(o.asked, name)
	}
}

func (o *object) has(name string) bool {
	o.ask(name)
	_, ok := o.fields[name]
	return ok
}

func (o *object) sub(name string) *object {
	v, _ := o.take(name)
	return o.r.object(o.at(name), v)
}

// end tells what the object has that it should not have.
func (o *object) end() {
	for _, name := range slices.Sorted(maps.Keys(o.fields)) {
		if !slices.Contains(o.asked, name) {
			o.r.add(o.at(name), "there is no such field", "use one of "+strings.Join(o.asked, ", "))
		}
	}
}

func (o *object) wrong(name, want string) {
	o.r.add(o.at(name), fmt.Sprintf("%v is not %s", o.fields[name], want), "")
}

func (o *object) flag(name string, otherwise bool) bool {
	v, ok := o.take(name)
	if !ok {
		return otherwise
	}
	b, ok := v.(bool)
	if !ok {
		o.wrong(name, "true or false")
	}
	return b
}

func (o *object) number(name string, otherwise, least, most float64) float64 {
	v, ok := o.take(name)
	if !ok {
		return otherwise
	}
	n, ok := v.(float64)
	if !ok || n < least || n > most {
		o.wrong(name, fmt.Sprintf("a number from %g to %g", least, most))
	}
	return n
}

func (o *object) oneOf(name, otherwise string, words ...string) string {
	v, ok := o.take(name)
	if !ok {
		return otherwise
	}
	text, _ := v.(string)
	if !slices.Contains(words, text) {
		o.wrong(name, "one of "+strings.Join(words, ", "))
	}
	return text
}

func (o *object) duration(name string, otherwise time.Duration) time.Duration {
	v, ok := o.take(name)
	if !ok {
		return otherwise
	}
	return o.span(name, v)
}

// last reads the only field of an object.
func (o *object) last(name string, otherwise time.Duration) time.Duration {
	defer o.end()
	return o.duration(name, otherwise)
}

func (o *object) span(name string, v any) time.Duration {
	text, _ := v.(string)
	d, err := time.ParseDuration(text)
	if err != nil || d < 0 || d > maxDuration {
		o.r.add(o.at(name), fmt.Sprintf("%v is not a duration from 0s to 8784h", v), "write it as 90s, 10m or 24h")
	}
	return d
}

// size reads a number of bytes, such as 64Mi.
func (o *object) size(name string, otherwise, most int64) int64 {
	v, ok := o.take(name)
	if !ok {
		return otherwise
	}
	n := math.NaN()
	switch v := v.(type) {
	case float64:
		n = v
	case string:
		digits, unit := v, 1.0
		for suffix, factor := range map[string]float64{"Ki": 1 << 10, "Mi": 1 << 20, "Gi": 1 << 30} {
			if rest, ok := strings.CutSuffix(v, suffix); ok {
				digits, unit = rest, factor
			}
		}
		if whole, err := strconv.ParseUint(digits, 10, 40); err == nil {
			n = float64(whole) * unit
		}
	}
	if !(n >= 1024 && n <= float64(most)) {
		o.r.add(o.at(name), fmt.Sprintf("%v is not a size from 1Ki to %dMi", v, most>>20), "write it in bytes, or as 512Ki, 64Mi or 1Gi")
		return otherwise
	}
	return int64(n)
}

func (o *object) texts(name string) []string {
	v, ok := o.take(name)
	if !ok {
		return nil
	}
	list, ok := v.([]any)
	if !ok || len(list) > maxNames {
		o.r.add(o.at(name), "this has to be a list of up to "+strconv.Itoa(maxNames)+" words", "")
		return nil
	}
	var out []string
	for i, item := range list {
		text, _ := item.(string)
		if text == "" || len(text) > 1024 {
			o.r.add(o.at(name)+"["+strconv.Itoa(i)+"]", fmt.Sprintf("%v is not a word", item), "")
			continue
		}
		out = append(out, text)
	}
	return out
}

// names reads a list of tokens (RFC 9110 §5.6.2), such as names of headers.
func (o *object) names(name string, header bool) []string {
	out := o.texts(name)
	for i, n := range out {
		if strings.ContainsFunc(n, func(c rune) bool { return c <= ' ' || c >= 0x7f || strings.ContainsRune(`"(),/:;<=>?@[\]{}`, c) }) {
			o.r.add(o.at(name)+"["+strconv.Itoa(i)+"]", strconv.Quote(n)+" is no name", "")
		}
		if header {
			out[i] = strings.ToLower(n)
		}
	}
	return out
}

// statuses reads durations by status, such as 404, or a class of them, 5xx.
func (o *object) statuses(name string) map[int]time.Duration {
	sub := o.sub(name)
	out := map[int]time.Duration{}
	for _, key := range slices.Sorted(maps.Keys(sub.fields)) {
		digits, class := strings.CutSuffix(key, "xx")
		n, err := strconv.Atoi(digits)
		if err != nil || class && (n < 2 || n > 5) || !class && (n < 200 || n > 599 || n == 206 || n == 304) {
			o.r.add(sub.at(key), strconv.Quote(key)+" is no status whose answers are stored", "use such as 404, or 5xx for a class")
			continue
		}
		out[n] = sub.span(key, sub.fields[key])
	}
	return out
}
