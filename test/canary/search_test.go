package canary_test

import (
	"bytes"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"maps"
	"net/url"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"unicode/utf16"
)

// keyed is how many bytes of a form the search looks up; no form is shorter.
const keyed = 8

// form is one way in which one of the values is written.
type form struct{ canary, way, text string }

// search looks for many values in all their forms at once, in one pass over a text.
type search struct {
	begins [1 << 16]bool
	forms  map[[keyed]byte][]form
}

// searchFor makes the search for values, by their names.
func searchFor(canaries map[string]string) *search {
	s := &search{forms: map[[keyed]byte][]form{}}
	for name, value := range canaries {
		for way, text := range forms(value) {
			if len(text) < keyed {
				continue
			}
			key := [keyed]byte([]byte(text))
			s.begins[int(text[0])<<8|int(text[1])] = true
			s.forms[key] = append(s.forms[key], form{name, way, text})
		}
	}
	return s
}

// forms are the ways in which programs write a value, by name.
func forms(value string) map[string]string {
	quoted, _ := json.Marshal(value) // a text has a JSON form
	all := map[string]string{}
	for kind, text := range map[string]string{"": value, "quoted ": strings.Trim(string(quoted), `"`)} {
		maps.Copy(all, map[string]string{
			kind + "as it is": text, kind + "query": url.QueryEscape(text), kind + "path": url.PathEscape(text),
			kind + "hex": hex.EncodeToString([]byte(text)), kind + "HEX": strings.ToUpper(hex.EncodeToString([]byte(text))),
			kind + "UTF-16": wide(text, 0), kind + "UTF-16 BE": wide(text, 1),
		})
		for name, alphabet := range map[string]*base64.Encoding{"base64": base64.RawStdEncoding, "base64url": base64.RawURLEncoding} {
			for before := range 3 {
				encoded := alphabet.EncodeToString(append(make([]byte, before), text...))
				all[kind+name+" at "+strconv.Itoa(before)] = encoded[(before*8+5)/6 : (before+len(text))*8/6]
			}
		}
	}
	return all
}

// wide is a text in UTF-16, its low bytes at an index of each pair.
func wide(text string, low int) string {
	var out strings.Builder
	for _, unit := range utf16.Encode([]rune(text)) {
		pair := [2]byte{}
		pair[low], pair[1-low] = byte(unit), byte(unit>>8)
		out.Write(pair[:])
	}
	return out.String()
}

// find returns how the values are in a text, what is packed in it, and what it says with
// escapes or in lines: the ways by the names of the values.
func (s *search) find(text []byte) map[string][]string {
	found := map[string][]string{}
	for _, part := range append(unpacked(text, deepest), text) {
		s.scan(part, "", found)
		for how, plain := range plainer(part) {
			s.scan(plain, how, found)
		}
	}
	for name, ways := range found {
		slices.Sort(ways)
		found[name] = slices.Compact(ways)
	}
	return found
}

// plain returns how the values are in a text as it is.
func (s *search) plain(text []byte) map[string][]string {
	found := map[string][]string{}
	s.scan(text, "", found)
	return found
}

func (s *search) scan(text []byte, how string, found map[string][]string) {
	for at := 0; at+keyed <= len(text); at++ {
		if !s.begins[int(text[at])<<8|int(text[at+1])] {
			continue
		}
		for _, f := range s.forms[[keyed]byte(text[at:])] {
			if bytes.HasPrefix(text[at:], []byte(f.text)) {
				found[f.canary] = append(found[f.canary], how+f.way)
			}
		}
	}
}

var (
	escape  = regexp.MustCompile(`\\(?:u[0-9A-Fa-f]{4}|x[0-9A-Fa-f]{2}|["\\/])`)
	percent = regexp.MustCompile(`%[0-9A-Fa-f]{2}`)
	folds   = regexp.MustCompile(`(?:\r?\n|\\n)[ \t]*`)
)

// plainer reads what a text says with escapes of JSON, of JSON in JSON, and of addresses,
// and what is longer than its lines.
func plainer(text []byte) map[string][]byte {
	all := map[string][]byte{}
	plain := text
	for range 3 {
		if !escape.Match(plain) {
			break
		}
		plain = escape.ReplaceAllFunc(plain, unescape)
		all["escaped "] = append(append(all["escaped "], plain...), 0)
	}
	if percent.Match(text) {
		all["in percent "] = percent.ReplaceAllFunc(text, func(code []byte) []byte { return codes(code[1:]) })
	}
	if folds.Match(text) {
		all["folded "] = folds.ReplaceAll(text, nil)
	}
	return all
}

func unescape(code []byte) []byte {
	if code[1] == 'u' || code[1] == 'x' {
		return codes(code[2:])
	}
	return code[1:]
}

func codes(digits []byte) []byte {
	code, _ := strconv.ParseUint(string(digits), 16, 16) // the pattern has digits alone
	return []byte(string(rune(code)))
}
