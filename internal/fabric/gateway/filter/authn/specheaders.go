package authn

import (
	"slices"
	"strings"

	"github.com/terrace-idp/terrace/internal/fabric/gateway/filter/spec"
	"github.com/terrace-idp/terrace/internal/fabric/gateway/route"
	"github.com/terrace-idp/terrace/internal/platform/yamldoc"
)

func (r *reader) headers(list yamldoc.Value) {
	seen := map[string]bool{}
	list.Items(func(_ int, item yamldoc.Value) {
		o := item.Object(spec.Fields(claimHeaderDoc{})...)
		_, one := o.Require("claim", "name the claim, such as sub")
		at, two := o.Require("header", "name the header, such as X-User-Id")
		if !one || !two {
			return
		}
		name := text(o, "header")
		key := plainName(name)
		switch {
		case !isToken(name):
			at.Problem("", "%q is no name of a header", name)
		case !mayTell(key):
			at.Problem("use another name, such as X-User-Id", "header %s is not for claims", name)
		case seen[key]:
			at.Problem("use each once", "header %s, or one that reads like it, tells two claims", name)
		}
		seen[key] = true
		r.f.headers.all = append(r.f.headers.all, fromClaim{text(o, "claim"), name})
	})
}

func plainName(name string) string {
	b := []byte(name)
	for i := range b {
		b[i] = plain(b[i])
	}
	return string(b)
}

// mayTell keeps claims out of the headers that frame a message, or that mean something
// to everybody.
func mayTell(name string) bool {
	for _, prefix := range []string{"terrace-", "x-forwarded-", "proxy-", "sec-", "access-control-", "if-", "content-"} {
		if strings.HasPrefix(name, prefix) {
			return false
		}
	}
	return !slices.Contains([]string{
		"host", "connection", "keep-alive", "te", "trailer", "transfer-encoding", "upgrade", "expect", "http2-settings", "forwarded", "x-real-ip", "cookie",
		"authorization", "accept", "accept-encoding", "user-agent", "origin", "referer", "range", "date", "via", "cache-control", "age", "pragma",
	}, name)
}

// isToken is a name as HTTP has them, of up to 128 bytes.
func isToken(s string) bool { return len(s) <= 128 && route.Token(s) }
