package authn

import (
	"bytes"
	"crypto/sha256"
	"net/http"
	"net/url"
	"strings"

	"github.com/terrace-idp/terrace/internal/fabric/gateway/exchange"
	"github.com/terrace-idp/terrace/internal/kernel"
)

// maxKey bounds a key, in bytes.
const maxKey = 1 << 10

// apiKeys are keys in a header or a parameter as a proof. Only their SHA-256 is kept.
type apiKeys struct {
	name          string
	filter        *filter
	kind          *Kind
	scope         kernel.Scope
	header, query string
	// prefix begins every key; what does not begin so is no credential of this way.
	prefix   string
	static   map[[sha256.Size]byte]*caller
	secret   []*secretKey
	products bool
	// subscribed are the keys of products, nil for none.
	subscribed *subscribers
}

// secretKey is a key whose value is in the store of secrets.
type secretKey struct {
	caller *caller
	value  *secretValue
}

func (a *apiKeys) begin() {
	for _, s := range a.secret {
		s.value.begin()
	}
}

func (a *apiKeys) challenge() string {
	if a.header != "" {
		return `ApiKey realm="` + a.name + `", header="` + a.header + `"`
	}
	return `ApiKey realm="` + a.name + `", parameter="` + a.query + `"`
}

func (a *apiKeys) identify(x *exchange.Exchange) (*caller, *refusal) {
	key, several := a.find(x)
	switch {
	case several:
		return nil, &refusal{status: http.StatusBadRequest, detail: "The request has several keys in one place."}
	case len(key) == 0 || !a.begins(key):
		return nil, nil
	case len(key) > maxKey:
		return nil, refuse("The key is longer than the gateway takes.")
	}
	sum := sha256.Sum256(key)
	if who := a.static[sum]; who != nil {
		return who, nil
	}
	for _, s := range a.secret {
		if value, ok := s.value.get(x.Context()); ok && sha256.Sum256([]byte(value)) == sum {
			return s.caller, nil
		}
	}
	if a.subscribed != nil {
		if who, wrong := a.subscribed.find(sum); who != nil || wrong != nil {
			return who, wrong
		}
	}
	return nil, refuse("The key is none that this route takes.")
}

// begins tells whether a key can be one of this way: keys of products have a prefix of
// their own.
func (a *apiKeys) begins(key []byte) bool {
	return bytes.HasPrefix(key, []byte(a.prefix)) || a.subscribed != nil && bytes.HasPrefix(key, []byte(ProductPrefix))
}

// named returns who a key of the policy's own is.
func (a *apiKeys) named(name string, scopes []string) *caller {
	i := &exchange.Identity{
		Provider: a.name, Method: "apiKey", Subject: name, Consumer: a.name + "/" + name, Scopes: scopes,
		Claims: map[string]any{"sub": name, "scope": strings.Join(scopes, " ")},
	}
	return &caller{identity: i, headers: a.filter.headers.of(i)}
}

// find returns the key of a request, and whether there are several.
func (a *apiKeys) find(x *exchange.Exchange) (key []byte, several bool) {
	if a.header != "" {
		key = x.Request.Header.Peek(a.header)
		return key, len(key) > 0 && len(x.Request.Header.PeekAll(a.header)) > 1
	}
	_, query, _ := strings.Cut(x.Target, "?")
	for pair := range strings.SplitSeq(query, "&") {
		if value, ok := parameter(pair, a.query); ok {
			if key != nil {
				return nil, true
			}
			key = []byte(value)
		}
	}
	return key, false
}

// parameter reads a pair of a query.
func parameter(pair, name string) (string, bool) {
	key, value, _ := strings.Cut(pair, "=")
	if decoded, err := url.QueryUnescape(key); err != nil || decoded != name {
		return "", false
	}
	decoded, err := url.QueryUnescape(value)
	return decoded, err == nil
}

func (a *apiKeys) strip(x *exchange.Exchange) {
	if a.header != "" {
		x.Request.Header.Del(a.header)
		return
	}
	path, query, _ := strings.Cut(x.Target, "?")
	kept := make([]string, 0, 8)
	for pair := range strings.SplitSeq(query, "&") {
		if _, ok := parameter(pair, a.query); !ok {
			kept = append(kept, pair)
		}
	}
	x.Target = path
	if len(kept) > 0 {
		x.Target += "?" + strings.Join(kept, "&")
	}
}
