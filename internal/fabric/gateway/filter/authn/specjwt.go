package authn

import (
	"slices"
	"strings"
	"time"

	"github.com/go-jose/go-jose/v4"

	"github.com/terrace-idp/terrace/internal/fabric/gateway/filter/spec"
	"github.com/terrace-idp/terrace/internal/platform/yamldoc"
)

func (r *reader) jwt(name string, v yamldoc.Value) way {
	t := &tokens{name: name, filter: r.f, kind: r.kind, tenant: r.policy.Scope.Tenant, skew: skew}
	o := v.Object(spec.Fields(jwtDoc{})...)
	if list, ok := o.Require("issuers", "name who gives the tokens: [{issuer: https://…}]"); ok {
		list.Items(func(_ int, item yamldoc.Value) { r.issuer(t, item) })
		if list.IsList() && len(t.issuers) == 0 {
			list.Problem("name one", "there is no issuer whose tokens could be taken")
		}
	}
	if list, ok := o.Require("audiences", "name whom the tokens have to be for, such as the address of the API"); ok {
		if t.audiences = list.Strings(); len(t.audiences) == 0 || slices.Contains(t.audiences, "") {
			list.Problem("name one", "tokens for anybody would be taken")
		}
		if own := r.kind.Own; own != nil && slices.Contains(t.audiences, own.Issuer()) {
			list.Problem("have clients ask for tokens for this API", "tokens for Terrace itself would come to a service, which could use them")
		}
	}
	r.algorithms(t, o)
	if d, ok := o.Get("clockSkew"); ok {
		s, _ := d.String()
		skew, err := time.ParseDuration(s)
		if err != nil || skew < 0 || skew > maxSkew {
			d.Problem("write one such as 30s, at most "+maxSkew.String(), "%q is no skew that clocks may have", s)
		}
		t.skew = skew
	}
	t.types = []string{typeAccess, "jwt", ""}
	if list, ok := o.Get("types"); ok {
		t.types = nil
		for _, one := range list.Strings() {
			t.types = append(t.types, strings.TrimPrefix(strings.ToLower(one), "application/"))
		}
	}
	if list, ok := o.Get("requiredClaims"); ok {
		list.Items(func(_ int, item yamldoc.Value) {
			c := item.Object(spec.Fields(requiredClaimDoc{})...)
			if _, ok := c.Require("name", "name the claim"); ok {
				t.required = append(t.required, required{text(c, "name"), texts(c, "values")})
			}
		})
	}
	t.consumer, t.scopes = text(o, "consumerClaim"), text(o, "scopeClaim")
	r.places(t, v, o)
	return t
}

func (r *reader) issuer(t *tokens, v yamldoc.Value) {
	o := v.Object(spec.Fields(issuerDoc{})...)
	at, ok := o.Require("issuer", "write what its tokens have as iss")
	if !ok {
		return
	}
	s := source{issuer: text(o, "issuer"), jwks: text(o, "jwksUrl")}
	address := s.issuer
	if keys, ok := o.Get("jwksUrl"); ok {
		at, address = keys, s.jwks
	}
	if why := wrongAddress(address, true); why != "" {
		at.Problem("write one such as https://login.example.com", "%.120q %s", address, why)
		return
	}
	if slices.ContainsFunc(t.issuers, func(i *issuer) bool { return i.issuer == s.issuer }) {
		at.Problem("name it once", "issuer %s is named twice", s.issuer)
		return
	}
	t.issuers = append(t.issuers, r.kind.issuer(s))
}

// asymmetric are the algorithms that only the issuer can sign with.
func asymmetric() []string {
	return []string{"RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384", "ES512", "EdDSA"}
}

func (r *reader) algorithms(t *tokens, o yamldoc.Object) {
	names := asymmetric()
	if list, ok := o.Get("algorithms"); ok {
		names = nil
		list.Items(func(_ int, item yamldoc.Value) {
			name, _ := item.String()
			if !slices.Contains(asymmetric(), name) {
				item.Problem("use some of "+strings.Join(asymmetric(), ", "), "%q is no algorithm that only the issuer can sign with", name)
			}
			names = append(names, name)
		})
		if list.IsList() && len(names) == 0 {
			list.Problem("name one, or leave it out for all", "no algorithm would be taken")
		}
	}
	for _, name := range names {
		t.algorithms = append(t.algorithms, jose.SignatureAlgorithm(name))
	}
}

func (r *reader) places(t *tokens, v yamldoc.Value, o yamldoc.Object) {
	list, ok := o.Get("from")
	if !ok {
		r.place(v, "header", "Authorization")
		t.places = []place{{header: "Authorization", scheme: "Bearer"}}
		return
	}
	list.Items(func(_ int, item yamldoc.Value) {
		of := item.Object(spec.Fields(fromDoc{})...)
		p := place{text(of, "header"), text(of, "scheme"), text(of, "cookie")}
		switch {
		case !of.OK():
			return
		case (p.header == "") == (p.cookie == "") || p.cookie != "" && p.scheme != "":
			item.Problem("write {header: Authorization, scheme: Bearer}, or {cookie: token}", "a token is in a header or a cookie")
			return
		case !isToken(p.header + p.cookie):
			item.Problem("", "%q is no name", p.header+p.cookie)
		}
		if p.cookie != "" {
			r.place(item, "cookie", p.cookie)
		} else {
			r.place(item, "header", p.header)
		}
		t.places = append(t.places, p)
	})
	if list.IsList() && len(t.places) == 0 {
		list.Problem("name one, or leave it out for Authorization: Bearer", "a token would be nowhere")
	}
}
