package authn

import (
	"bytes"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/go-jose/go-jose/v4"
	"github.com/valyala/fasthttp"

	"github.com/terrace-idp/terrace/internal/fabric/gateway/exchange"
)

const (
	maxToken = 16 << 10
	// typeAccess is the type of an access token (RFC 9068 §2.1).
	typeAccess = "at+jwt"
)

// place is where a token stands in a request: in a header, behind a scheme, or in a cookie.
type place struct{ header, scheme, cookie string }

// required is a claim that a token must have; with values, one of them.
type required struct {
	name   string
	values []string
}

// tokens are JWTs (RFC 7519, RFC 9068) as a proof.
type tokens struct {
	name       string
	filter     *filter
	kind       *Kind
	tenant     string
	places     []place
	issuers    []*issuer
	audiences  []string
	algorithms []jose.SignatureAlgorithm
	types      []string
	skew       time.Duration
	required   []required
	consumer   string
	scopes     string
	verified   cache
}

func (t *tokens) begin() {
	for _, i := range t.issuers {
		i.current(t.kind.Clock.Now())
	}
}

func (t *tokens) challenge() string { return `Bearer realm="` + t.name + `"` }

func (t *tokens) wrong(why string) *refusal {
	r := refuse(why)
	r.bearer = true
	return r
}

// find returns the token of a request, nil for none.
func (t *tokens) find(x *exchange.Exchange) ([]byte, *refusal) {
	h := &x.Request.Header
	for _, p := range t.places {
		if p.cookie != "" {
			token, several := cookieOf(h, p.cookie)
			switch {
			case several:
				return nil, t.several()
			case token == nil:
				continue
			case sentByOthers(x):
				return nil, &refusal{status: http.StatusForbidden, detail: "Another site has sent this in the name of who is signed in."}
			}
			return token, nil
		}
		value := h.Peek(p.header)
		if len(value) == 0 {
			continue
		}
		if len(h.PeekAll(p.header)) > 1 {
			return nil, t.several()
		}
		if p.scheme != "" {
			if len(value) <= len(p.scheme) || value[len(p.scheme)] != ' ' || !strings.EqualFold(string(value[:len(p.scheme)]), p.scheme) {
				continue
			}
			value = bytes.TrimLeft(value[len(p.scheme):], " ")
		}
		return value, nil
	}
	return nil, nil
}

func (t *tokens) several() *refusal {
	r := t.wrong("The request has several credentials in one place.")
	r.status, r.code = http.StatusBadRequest, "invalid_request"
	return r
}

// cookieOf returns a cookie, and whether there are several of the name, of which a service
// could read another one.
func cookieOf(h *fasthttp.RequestHeader, name string) (value []byte, several bool) {
	for key, v := range h.Cookies() {
		if string(key) == name && len(v) > 0 {
			if value != nil {
				return nil, true
			}
			value = bytes.Clone(v)
		}
	}
	return value, false
}

// sentByOthers tells that a browser says that another site has made a request which may
// change something, or opens a connection: cookies go with those, too.
func sentByOthers(x *exchange.Exchange) bool {
	same, known := own(x)
	return known && !same && (unsafe(string(x.Request.Header.Method())) || x.Request.Header.ConnectionUpgrade())
}

func (t *tokens) identify(x *exchange.Exchange) (*caller, *refusal) {
	token, wrong := t.find(x)
	if wrong != nil || token == nil {
		return nil, wrong
	}
	if len(token) > maxToken {
		return nil, t.wrong("The token is longer than the gateway takes.")
	}
	now := t.kind.Clock.Now()
	sum := sha256.Sum256(token)
	p := t.verified.get(&sum)
	if p == nil || !p.current(now) {
		if p, wrong = t.verify(x, string(token), now); wrong != nil {
			return nil, wrong
		}
		t.verified.put(sum, p, now.UnixNano())
	}
	if p.until <= now.UnixNano() {
		return nil, t.wrong("The token has expired.")
	}
	if p.issuer.own() {
		if wrong := t.kind.counts(x.Context(), string(token)); wrong != nil {
			wrong.bearer = true
			return nil, wrong
		}
	}
	return &p.caller, nil
}

// current tells that the keys of the issuer are those that the token was verified with.
func (p *proven) current(now time.Time) bool {
	k := p.issuer.current(now)
	return k != nil && k.turn == p.turn
}

// head is what a token's head may say. Keys, and addresses of keys, that it brings
// itself are refused (RFC 8725 §3.10).
type head struct {
	Type string          `json:"typ"`
	JKU  json.RawMessage `json:"jku"`
	JWK  json.RawMessage `json:"jwk"`
	X5U  json.RawMessage `json:"x5u"`
	Crit json.RawMessage `json:"crit"`
	B64  json.RawMessage `json:"b64"`
}

func (t *tokens) verify(x *exchange.Exchange, token string, now time.Time) (*proven, *refusal) {
	signed, err := jose.ParseSignedCompact(token, t.algorithms)
	if err != nil || len(signed.Signatures) != 1 {
		return nil, t.wrong("The token is no JWT with a signature that this route takes.")
	}
	var h head
	first, _, _ := strings.Cut(token, ".")
	if !decode(first, &h) || h.JKU != nil || h.JWK != nil || h.X5U != nil || h.Crit != nil || h.B64 != nil || !t.takesType(h.Type) {
		return nil, t.wrong("The head of the token says what this route does not take.")
	}
	var said struct {
		Issuer string `json:"iss"`
	}
	if json.Unmarshal(signed.UnsafePayloadWithoutVerification(), &said) != nil {
		return nil, t.wrong("The token is not readable.")
	}
	at := slices.IndexFunc(t.issuers, func(i *issuer) bool { return i.issuer == said.Issuer })
	if at < 0 {
		return nil, t.wrong("The token is of an issuer that this route does not take.")
	}
	payload, turn, wrong := t.signature(x, t.issuers[at], signed, now)
	if wrong != nil {
		return nil, wrong
	}
	p := &proven{issuer: t.issuers[at], turn: turn}
	return p, t.judge(p, payload, now)
}

// signature checks who has signed a token; keys that are not known are asked for.
func (t *tokens) signature(x *exchange.Exchange, from *issuer, signed *jose.JSONWebSignature, now time.Time) ([]byte, uint64, *refusal) {
	head := signed.Signatures[0].Header
	known := from.current(now)
	candidates := known.candidates(head.KeyID, head.Algorithm)
	if len(candidates) == 0 {
		known = from.renewed(x.Context(), now)
		candidates = known.candidates(head.KeyID, head.Algorithm)
	}
	if known == nil {
		return nil, 0, &refusal{status: http.StatusServiceUnavailable, detail: "The keys of the issuer of the token are not known yet."}
	}
	for _, key := range candidates {
		payload, err := signed.Verify(key.Key)
		if err != nil {
			continue
		}
		switch is, sure := t.kind.misnamed(x.Context(), from, key, now); {
		case !sure:
			return nil, 0, &refusal{status: http.StatusServiceUnavailable, detail: "The keys of Terrace are not known yet."}
		case is:
			return nil, 0, t.wrong("The token is of Terrace, which this gateway knows under another address.")
		}
		return payload, known.turn, nil
	}
	return nil, 0, t.wrong("No key of the issuer has signed the token.")
}

func (t *tokens) takesType(said string) bool {
	said = strings.ToLower(said)
	said = strings.TrimPrefix(said, "application/")
	return slices.Contains(t.types, said)
}

// judge checks what a token says of itself (RFC 9068 §4), and makes its caller.
func (t *tokens) judge(p *proven, payload []byte, now time.Time) *refusal {
	claims := map[string]any{}
	d := json.NewDecoder(bytes.NewReader(payload))
	d.UseNumber()
	if d.Decode(&claims) != nil {
		return t.wrong("The token is not readable.")
	}
	i := &exchange.Identity{Provider: t.name, Method: "jwt", Issuer: p.issuer.issuer, Claims: claims}
	expires, dated := moment(claims["exp"])
	begins, legible := moment(claims["nbf"])
	issued, readable := moment(claims["iat"])
	switch {
	case claims["iss"] != p.issuer.issuer:
		return t.wrong("The token is of an issuer that this route does not take.")
	case p.issuer.foreign(claims, t.tenant):
		return t.wrong("The token is of another tenant.")
	case !dated:
		return t.wrong("The token does not say when it ends.")
	case !legible && claims["nbf"] != nil, !readable && claims["iat"] != nil:
		return t.wrong("The token says its times in a way that is none.")
	case !now.Before(expires.Add(t.skew)):
		return t.wrong("The token has expired.")
	case begins.After(now.Add(t.skew)), issued.After(now.Add(t.skew)):
		return t.wrong("The token is of a time that has not come.")
	case !slices.ContainsFunc(i.Texts("aud"), func(a string) bool { return slices.Contains(t.audiences, a) }):
		return t.wrong("The token is for another audience.")
	case t.misses(i):
		return t.wrong("The token lacks a claim that this route requires.")
	}
	i.Subject, _ = claims["sub"].(string)
	i.Scopes = scopesOf(i, t.scopes)
	who := consumerOf(i, t.consumer, "client_id", "azp", "sub")
	if who == "" {
		return t.wrong("The token does not say whom it stands for.")
	}
	i.Consumer = t.name + "/" + who
	p.until = expires.Add(t.skew).UnixNano()
	p.caller = caller{identity: i, headers: t.filter.headers.of(i)}
	return nil
}

// consumerOf returns who is counted: what a claim says, or else the first of several.
func consumerOf(i *exchange.Identity, claim string, names ...string) string {
	if claim != "" {
		names = []string{claim}
	}
	for _, name := range names {
		if text, _ := i.Claim(name).(string); text != "" && len(text) <= 256 && printable(text) {
			return text
		}
	}
	return ""
}

func printable(s string) bool {
	return !strings.ContainsFunc(s, func(r rune) bool { return r < ' ' || r == 0x7f })
}

func (t *tokens) misses(i *exchange.Identity) bool {
	return slices.ContainsFunc(t.required, func(r required) bool {
		if len(r.values) == 0 {
			return i.Claim(r.name) == nil
		}
		return !slices.ContainsFunc(valuesOf(i.Claim(r.name)), func(v string) bool { return slices.Contains(r.values, v) })
	})
}

// valuesOf are the texts of a claim, numbers and booleans as they are written.
func valuesOf(claim any) []string {
	switch v := claim.(type) {
	case string:
		return []string{v}
	case json.Number:
		return []string{v.String()}
	case bool:
		return []string{strconv.FormatBool(v)}
	case []any:
		var out []string
		for _, item := range v {
			if _, nested := item.([]any); !nested {
				out = append(out, valuesOf(item)...)
			}
		}
		return out
	}
	return nil
}

// scopesOf reads scopes: a text with spaces (RFC 8693 §4.2), or a list.
func scopesOf(i *exchange.Identity, claim string) []string {
	names := []string{"scope", "scp"}
	if claim != "" {
		names = []string{claim}
	}
	for _, name := range names {
		switch v := i.Claim(name).(type) {
		case string:
			return strings.Fields(v)
		case []any:
			return i.Texts(name)
		}
	}
	return nil
}

// moment reads a NumericDate (RFC 7519 §2). What is out of any calendar is none.
func moment(claim any) (time.Time, bool) {
	n, ok := claim.(json.Number)
	if !ok {
		return time.Time{}, false
	}
	seconds, err := n.Float64()
	if err != nil || seconds < 0 || seconds > 1<<37 {
		return time.Time{}, false
	}
	return time.Unix(int64(seconds), 0), true
}

// decode reads a part of a token.
func decode(part string, into any) bool {
	raw, err := base64.RawURLEncoding.DecodeString(part)
	return err == nil && json.Unmarshal(raw, into) == nil
}

func (t *tokens) strip(x *exchange.Exchange) {
	for _, p := range t.places {
		if p.cookie != "" {
			x.Request.Header.DelCookie(p.cookie)
			continue
		}
		x.Request.Header.Del(p.header)
	}
}
