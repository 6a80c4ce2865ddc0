package httpserver

import (
	"net/http"
	"regexp"
	"strings"

	"github.com/terrace-idp/terrace/internal/platform/conceal"
)

// leftOut is in the place of what the log does not repeat.
const leftOut = "(left out)"

// familiar is what names and ids look like. Tokens are longer, and passwords stranger.
var familiar = regexp.MustCompile(`^[A-Za-z0-9][A-Za-z0-9._:@-]{0,31}$`)

// odd are the parts of a request's address that look like neither a name nor an id: who
// puts a secret there is refused, and the log does not keep it.
func odd(r *http.Request) *conceal.Values {
	values := conceal.Of()
	for part := range strings.SplitSeq(r.URL.Path, "/") {
		if !familiar.MatchString(part) {
			values.Add(part)
		}
	}
	for _, all := range r.URL.Query() {
		for _, value := range all {
			if !familiar.MatchString(value) {
				values.Add(value)
			}
		}
	}
	return values
}
