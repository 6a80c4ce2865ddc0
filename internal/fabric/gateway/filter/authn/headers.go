package authn

import (
	"bytes"
	"encoding/json"
	"strconv"
	"strings"

	"github.com/valyala/fasthttp"

	"github.com/terrace-idp/terrace/internal/fabric/gateway/exchange"
)

type header struct{ name, value string }

// fromClaim has a header tell a claim.
type fromClaim struct{ claim, header string }

// headers are those that tell a service who calls. Whatever a client sends under
// one of these names is removed from every request.
type headers struct{ all []fromClaim }

// maxHeaderValue bounds what of a claim goes into a header.
const maxHeaderValue = 4 << 10

// cleanse removes the client's own headers of the names, also as services may read
// them that turn what is no letter or digit into one sign (RFC 3875 §4.1.18), and
// takes the names out of Connection, which would have them removed again behind this.
func (h *headers) cleanse(from *fasthttp.RequestHeader) {
	if len(h.all) == 0 {
		return
	}
	var found [][]byte
	for name := range from.All() {
		if h.has(name) {
			found = append(found, bytes.Clone(name))
		}
	}
	for _, name := range found {
		from.DelBytes(name)
	}
	if listed := from.PeekAll("Connection"); len(listed) > 0 && h.isListed(listed) {
		kept := make([]string, 0, len(listed))
		for _, line := range listed {
			for name := range bytes.SplitSeq(line, []byte(",")) {
				if name = bytes.TrimSpace(name); len(name) > 0 && !h.has(name) {
					kept = append(kept, string(name))
				}
			}
		}
		from.Del("Connection")
		if len(kept) > 0 {
			from.Set("Connection", strings.Join(kept, ", "))
		}
	}
}

func (h *headers) isListed(lines [][]byte) bool {
	for _, line := range lines {
		for name := range bytes.SplitSeq(line, []byte(",")) {
			if h.has(bytes.TrimSpace(name)) {
				return true
			}
		}
	}
	return false
}

func (h *headers) has(name []byte) bool {
	for i := range h.all {
		if sameName(name, h.all[i].header) {
			return true
		}
	}
	return false
}

// sameName compares names as a careless service does.
func sameName(a []byte, b string) bool {
	if len(a) != len(b) {
		return false
	}
	for i := range a {
		if plain(a[i]) != plain(b[i]) {
			return false
		}
	}
	return true
}

func plain(c byte) byte {
	switch {
	case c >= 'A' && c <= 'Z':
		return c + 'a' - 'A'
	case c >= 'a' && c <= 'z', c >= '0' && c <= '9':
		return c
	}
	return '-'
}

// of returns the headers that tell who somebody is. A claim that cannot stand in one
// is left out.
func (h *headers) of(i *exchange.Identity) []header {
	var out []header
	for _, from := range h.all {
		if value, ok := headerValue(i.Claim(from.claim)); ok {
			out = append(out, header{from.header, value})
		}
	}
	return out
}

func headerValue(claim any) (string, bool) {
	var text string
	switch v := claim.(type) {
	case nil:
		return "", false
	case string:
		text = v
	case bool:
		text = strconv.FormatBool(v)
	case json.Number:
		text = v.String()
	case []any:
		text = listed(v)
	default:
		text = asJSON(v)
	}
	broken := strings.ContainsFunc(text, func(r rune) bool { return r < ' ' || r == 0x7f })
	return text, text != "" && len(text) <= maxHeaderValue && !broken
}

// listed joins texts by commas; a list of anything else, or with commas in it, is JSON.
func listed(list []any) string {
	texts := make([]string, 0, len(list))
	for _, item := range list {
		text, ok := item.(string)
		if !ok || strings.ContainsAny(text, ",\"") || text != strings.TrimSpace(text) {
			return asJSON(list)
		}
		texts = append(texts, text)
	}
	return strings.Join(texts, ",")
}

func asJSON(v any) string {
	content, err := json.Marshal(v)
	if err != nil {
		return ""
	}
	return string(content)
}
