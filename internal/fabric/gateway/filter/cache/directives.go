package cache

import (
	"strconv"
	"strings"

	"github.com/dunglas/httpsfv"
)

// absent is a number of seconds that was not given.
const absent = int64(-1)

// maxSeconds is what larger numbers of seconds are taken for (RFC 9111 §1.2.2).
const maxSeconds = int64(1) << 31

// directives are what a Cache-Control says (RFC 9111 §5.2, RFC 5861, RFC 8246).
type directives struct {
	// given tells that there is any.
	given bool

	noStore, noCache, private, public                         bool
	mustRevalidate, proxyRevalidate, mustUnderstand, onlyHere bool
	// anyStale is a max-stale without a number.
	anyStale bool
	// noCacheFields and privateFields are the headers that these are for alone.
	noCacheFields, privateFields []string

	maxAge, sMaxAge, maxStale, minFresh, whileRevalidate, ifError int64
}

func none() directives {
	return directives{maxAge: absent, sMaxAge: absent, maxStale: absent, minFresh: absent, whileRevalidate: absent, ifError: absent}
}

// parse reads the lines of a Cache-Control, one way: what is not understood is
// skipped, and of two of one name the stricter counts.
func parse(lines ...string) directives {
	d := none()
	for _, line := range lines {
		for len(line) > 0 {
			var name, value string
			var valued bool
			name, value, valued, line = next(line)
			if name != "" {
				d.given = true
				d.set(strings.ToLower(name), value, valued)
			}
		}
	}
	return d
}

// next splits one directive off a line.
func next(line string) (name, value string, valued bool, rest string) {
	line = strings.TrimLeft(line, " \t,")
	end := strings.IndexAny(line, "=,")
	if end < 0 {
		return strings.TrimRight(line, " \t"), "", false, ""
	}
	name = strings.TrimRight(line[:end], " \t")
	if line[end] == ',' {
		return name, "", false, line[end+1:]
	}
	line = strings.TrimLeft(line[end+1:], " \t")
	if line == "" || line[0] != '"' {
		value, rest, _ = strings.Cut(line, ",")
		return name, strings.TrimRight(value, " \t"), true, rest
	}
	var b strings.Builder
	for i := 1; i < len(line); i++ {
		switch c := line[i]; {
		case c == '\\' && i+1 < len(line):
			i++
			b.WriteByte(line[i])
		case c == '"':
			_, rest, _ = strings.Cut(line[i+1:], ",")
			return name, b.String(), true, rest
		default:
			b.WriteByte(c)
		}
	}
	return name, b.String(), true, "" // a quote that does not end
}

func (d *directives) set(name, value string, valued bool) {
	switch name {
	case "no-store":
		d.noStore = true
	case "no-cache":
		d.fields(&d.noCache, &d.noCacheFields, value, valued)
	case "private":
		d.fields(&d.private, &d.privateFields, value, valued)
	case "public":
		d.public = true
	case "must-revalidate":
		d.mustRevalidate = true
	case "proxy-revalidate":
		d.proxyRevalidate = true
	case "must-understand":
		d.mustUnderstand = true
	case "only-if-cached":
		d.onlyHere = true
	case "max-age":
		stricter(&d.maxAge, seconds(value))
	case "s-maxage":
		stricter(&d.sMaxAge, seconds(value))
	case "min-fresh":
		d.minFresh = max(d.minFresh, seconds(value))
	case "max-stale":
		if d.anyStale = !valued; valued {
			stricter(&d.maxStale, seconds(value))
		}
	case "stale-while-revalidate":
		stricter(&d.whileRevalidate, seconds(value))
	case "stale-if-error":
		stricter(&d.ifError, seconds(value))
	}
}

// fields reads a directive that may be for some headers alone; without a list,
// or with one that is broken, it is for all.
func (d *directives) fields(all *bool, list *[]string, value string, valued bool) {
	if !valued {
		*all = true
		return
	}
	found := false
	for name := range strings.SplitSeq(value, ",") {
		if name = strings.TrimSpace(name); name != "" {
			*list, found = append(*list, name), true
		}
	}
	*all = *all || !found
}

func stricter(to *int64, value int64) {
	if *to == absent || value < *to {
		*to = value
	}
}

// seconds reads a number of seconds; what is none counts as 0, which is stale
// (RFC 9111 §4.2.1).
func seconds(value string) int64 {
	if value == "" || strings.Trim(value, "0123456789") != "" {
		return 0
	}
	n, err := strconv.ParseInt(value, 10, 64)
	if err != nil || n > maxSeconds {
		return maxSeconds
	}
	return n
}

// targeted reads a Cache-Control that is for caches of this kind alone
// (RFC 9213): a dictionary of structured fields. One that is broken or empty is
// as if it were not there.
func targeted(lines []string) (directives, bool) {
	if len(lines) == 0 {
		return directives{}, false
	}
	dict, err := httpsfv.UnmarshalDictionary(lines)
	if err != nil || len(dict.Names()) == 0 {
		return directives{}, false
	}
	d := none()
	d.given = true
	for _, name := range dict.Names() {
		member, _ := dict.Get(name)
		one, ok := member.(httpsfv.Item)
		if !ok {
			continue
		}
		switch v := one.Value.(type) {
		case bool:
			if v {
				d.set(name, "", false)
			}
		case int64:
			d.set(name, strconv.FormatInt(max(v, 0), 10), true)
		case string:
			if name == "no-cache" || name == "private" {
				d.set(name, v, true)
			}
		}
	}
	return d, true
}
