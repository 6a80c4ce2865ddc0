package azure

import (
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/terrace-idp/terrace/internal/fabric/gateway"
	"github.com/terrace-idp/terrace/internal/fabric/gateway/azure/capability"
)

// authentication is the spec of an AuthenticationPolicy, as its kind has it.
type authentication struct {
	Required          *bool      `json:"required"`
	ForwardCredential *bool      `json:"forwardCredential"`
	Providers         []provider `json:"providers"`
	ClaimsToHeaders   []struct {
		Claim  string `json:"claim"`
		Header string `json:"header"`
	} `json:"claimsToHeaders"`
}

type provider struct {
	Name   string  `json:"name"`
	JWT    *tokens `json:"jwt"`
	APIKey *keys   `json:"apiKey"`
}

type tokens struct {
	Issuers []struct {
		Issuer string `json:"issuer"`
	} `json:"issuers"`
	Audiences      []string `json:"audiences"`
	Algorithms     []string `json:"algorithms"`
	ClockSkew      string   `json:"clockSkew"`
	Types          []string `json:"types"`
	RequiredClaims []struct {
		Name   string   `json:"name"`
		Values []string `json:"values"`
	} `json:"requiredClaims"`
	From []struct {
		Header string `json:"header"`
		Scheme string `json:"scheme"`
	} `json:"from"`
	ConsumerClaim string `json:"consumerClaim"`
	ScopeClaim    string `json:"scopeClaim"`
}

type keys struct {
	Header string `json:"header"`
	Query  string `json:"query"`
	Prefix string `json:"prefix"`
	// Products takes keys of subscriptions.
	Products bool `json:"products"`
	Keys     []struct {
		Name   string   `json:"name"`
		SHA256 string   `json:"sha256"`
		Scopes []string `json:"scopes"`
	} `json:"keys"`
}

// algorithms are those that a token may be signed with where a policy names none.
const algorithms = "RS256 RS384 RS512 PS256 PS384 PS512 ES256 ES384 ES512 EdDSA"

// signIn proves who calls: the first provider whose credential a request has decides.
func (d *document) signIn(r *gateway.InForce) []element {
	p, ok := policy(r, capability.Authentication)
	none := []element{setVariable(varConsumer, `""`), setVariable(varScopes, `""`), setVariable(varProven, `""`), setVariable(varProduct, `""`), setVariable(varPlan, `""`)}
	if !ok {
		return none
	}
	var s authentication
	d.read(p, &s)
	all, told := none, d.claimHeaders(p, s)
	var names []string
	for _, c := range s.ClaimsToHeaders {
		names = append(names, c.Header)
	}
	all = append(all, owned(names)...)
	var by choice
	for i, one := range s.Providers {
		at := "providers[" + strconv.Itoa(i) + "]"
		switch {
		case one.JWT != nil:
			d.jwt(&by, p, at+".jwt", one, told)
		case one.APIKey != nil && one.APIKey.Products:
			d.subscribed(&by, p, at+".apiKey", *one.APIKey, r)
		case one.APIKey != nil:
			apiKey(&by, one)
		}
	}
	if s.Required == nil || *s.Required {
		by.otherwise = []element{refusedCaller("Credentials are missing")}
	}
	all = append(all, by.done()...)
	if s.ForwardCredential != nil && !*s.ForwardCredential {
		all = append(all, d.forgotten(s.Providers)...)
	}
	return all
}

func refusedCaller(title string) element {
	return answer("401", "Unauthorized", title, setHeader("WWW-Authenticate", "override", "Bearer"))
}

// claimHeaders tell claims of the token to the service.
func (d *document) claimHeaders(p gateway.Policy, s authentication) []element {
	var all []element
	for i, c := range s.ClaimsToHeaders {
		if strings.HasPrefix(c.Claim, "/") {
			d.within(p, "claimsToHeaders["+strconv.Itoa(i)+"].claim", c.Claim)
		}
		var by choice
		by.when(claim(c.Claim, "null")+" != null", setHeader(c.Header, "override", expression(claim(c.Claim, `""`))))
		all = append(all, by.done()...)
	}
	return all
}

// jwt checks a token, in each place that one may be in.
func (d *document) jwt(by *choice, p gateway.Policy, at string, of provider, told []element) {
	t := *of.JWT
	check := d.validateJWT(p, at, t)
	places := t.From
	if len(places) == 0 {
		places = append(places, struct {
			Header string `json:"header"`
			Scheme string `json:"scheme"`
		}{"Authorization", "Bearer"})
	}
	for _, place := range places {
		if place.Header == "" {
			continue // a cookie, which is refused
		}
		one, there := check, header(place.Header)+" != null"
		one.attrs = slices.Insert(slices.Clone(check.attrs), 0, attribute{"header-name", place.Header})
		if place.Scheme != "" {
			one.attrs = append(one.attrs, attribute{"require-scheme", place.Scheme})
			there = some(header(place.Header)+` ?? ""`) + ".StartsWith(" + text(place.Scheme+" ") + ", System.StringComparison.OrdinalIgnoreCase)"
		}
		then := append(append(once("context.Request.Headers", place.Header), one), signed(t)...)
		then = append(then, nobody(t)...)
		then = append(then, setVariable(varConsumer, text(of.Name+"/")+" + "+consumer(t)), setVariable(varScopes, d.scopes(p, at, t)), setVariable(varProven, text("jwt")))
		by.when(there, append(then, told...)...)
	}
}

// scopes are those of a token: a text with spaces (RFC 8693 §4.2), or a list.
func (d *document) scopes(p gateway.Policy, at string, t tokens) string {
	names := []string{"scope", "scp"}
	if t.ScopeClaim != "" {
		names = []string{t.ScopeClaim}
	}
	if strings.HasPrefix(t.ScopeClaim, "/") {
		d.within(p, at+".scopeClaim", t.ScopeClaim)
	}
	all := `""`
	for _, name := range slices.Backward(names) {
		all = some(has(name) + ` ? string.Join(" ", ` + claims(name) + ") : " + all)
	}
	return `" " + ` + all + ` + " "`
}

// within refuses a claim that lies within another one.
func (d *document) within(p gateway.Policy, at, name string) {
	d.t.refuse(placeOf(p), at, "name a claim of the token itself", "on Azure: %s lies within a claim, where API Management does not look", name)
}

// claims are the values of a claim of the token that was shown, has whether there are any.
func claims(name string) string {
	return `((Jwt)context.Variables["` + varToken + `"]).Claims[` + text(name) + "]"
}

func has(name string) string {
	return every(`context.Variables.ContainsKey("`+varToken+`")`, `((Jwt)context.Variables["`+varToken+`"]).Claims.ContainsKey(`+text(name)+")")
}

// nobody refuses a token that does not say whom it stands for.
func nobody(t tokens) []element {
	var by choice
	by.when(consumer(t)+` == ""`, refusedCaller("The token does not hold"))
	return by.done()
}

// consumer is whom the token is of.
func consumer(t tokens) string {
	if t.ConsumerClaim != "" {
		return claim(t.ConsumerClaim, `""`)
	}
	return claim("client_id", claim("azp", claim("sub", `""`)))
}

func (d *document) validateJWT(p gateway.Policy, at string, t tokens) element {
	skew := 30 * time.Second
	if given, err := time.ParseDuration(t.ClockSkew); err == nil {
		skew = given
	}
	e := el("validate-jwt", "failed-validation-httpcode", "401", "failed-validation-error-message", "The token does not hold.",
		"require-expiration-time", "true", "require-signed-tokens", "true", "clock-skew", strconv.FormatInt(int64((skew+time.Second-1)/time.Second), 10), "output-token-variable-name", varToken)
	var issuers []string
	for _, i := range t.Issuers {
		issuers = append(issuers, i.Issuer)
		e = e.with(el("openid-config", "url", strings.TrimSuffix(i.Issuer, "/")+"/.well-known/openid-configuration"))
	}
	e = e.with(el("audiences").with(texts("audience", t.Audiences)...), el("issuers").with(texts("issuer", issuers)...))
	var claims []element
	for i, c := range t.RequiredClaims {
		if strings.HasPrefix(c.Name, "/") {
			d.within(p, at+".requiredClaims["+strconv.Itoa(i)+"].name", c.Name)
			continue
		}
		claims = append(claims, el("claim", "name", c.Name, "match", "any").with(texts("value", c.Values)...))
	}
	if len(claims) > 0 {
		e = e.with(el("required-claims").with(claims...))
	}
	return e
}

// signed refuses tokens of types, or signed with algorithms, that are not wanted.
func signed(t tokens) []element {
	allowed := t.Algorithms
	if len(allowed) == 0 {
		allowed = strings.Fields(algorithms)
	}
	types := []string{"at+jwt", "jwt", ""}
	if len(t.Types) > 0 {
		types = nil
		for _, one := range t.Types {
			types = append(types, strings.TrimPrefix(strings.ToLower(one), "application/"))
		}
	}
	const token = `((Jwt)context.Variables["` + varToken + `"])`
	kind := among(some(token+`.Type ?? ""`)+`.ToLower().Replace("application/", "")`, types)
	var by choice
	by.when("!("+every(among(token+".Algorithm", allowed), kind)+")", refusedCaller("The token does not hold"))
	return by.done()
}

// apiKey checks a key by its digest. Names are those of the provider, so that two of one name
// are not one caller.
func apiKey(by *choice, of provider) {
	k := *of.APIKey
	got, single := header(k.Header), once("context.Request.Headers", k.Header)
	if k.Query != "" {
		got, single = query(k.Query), once("context.Request.OriginalUrl.Query", k.Query)
	}
	there := got + " != null"
	if k.Prefix != "" {
		there = some(got+` ?? ""`) + ".StartsWith(" + text(k.Prefix) + ", System.StringComparison.Ordinal)"
	}
	var known choice
	for _, one := range k.Keys {
		if one.SHA256 != "" {
			known.when(variable(varKey)+" == "+text(strings.ToLower(one.SHA256)), setVariable(varConsumer, text(of.Name+"/"+one.Name)),
				setVariable(varScopes, text(" "+strings.Join(one.Scopes, " ")+" ")), setVariable(varProven, text("apiKey")))
		}
	}
	known.otherwise = []element{refusedCaller("The key does not hold")}
	digest := "System.BitConverter.ToString(System.Security.Cryptography.SHA256.Create().ComputeHash(System.Text.Encoding.UTF8.GetBytes(" + got + `))).Replace("-", "").ToLower()`
	by.when(there, append(append(single, setVariable(varKey, digest)), known.done()...)...)
}

// once refuses a request that has several credentials in one place, of which the service
// could take another one.
func once(of, name string) []element {
	var by choice
	by.when(of+"["+text(name)+"].Length != 1", answer("400", "Bad Request", "The request has several credentials in one place"))
	return by.done()
}

// forgotten keeps credentials from the service. API Management takes the key of a
// subscription from a header and from a parameter, whichever of them the policy names.
func (d *document) forgotten(all []provider) []element {
	var out []element
	for _, one := range all {
		switch {
		case one.APIKey != nil && one.APIKey.Products:
			names := d.keyNames()
			out = append(out, setHeader(names.Header, "delete", ""), el("set-query-parameter", "name", names.Query, "exists-action", "delete"))
		case one.APIKey != nil && one.APIKey.Query != "":
			out = append(out, el("set-query-parameter", "name", one.APIKey.Query, "exists-action", "delete"))
		case one.APIKey != nil:
			out = append(out, setHeader(one.APIKey.Header, "delete", ""))
		case one.JWT != nil && len(one.JWT.From) == 0:
			out = append(out, setHeader("Authorization", "delete", ""))
		case one.JWT != nil:
			for _, place := range one.JWT.From {
				if place.Header != "" {
					out = append(out, setHeader(place.Header, "delete", ""))
				}
			}
		}
	}
	return out
}
