package authz

import (
	"context"
	"net/http"
	"strings"
	"time"

	"github.com/open-policy-agent/opa/v1/ast"

	"github.com/terrace-idp/terrace/internal/fabric/gateway/exchange"
	"github.com/terrace-idp/terrace/internal/governance/policy/rego"
)

// maxReason bounds what a rule may say of why it denies, in bytes.
const maxReason = 300

// decision is a rule in Rego, and the headers that it is shown.
type decision struct {
	rule    *rego.Decision
	headers []string
}

// pass asks the rule, and answers where it does not allow the request. A rule that fails
// passes nothing.
func (d *decision) pass(k *Kind, x *exchange.Exchange) bool {
	ctx, cancel := context.WithTimeout(x.Context(), d.rule.Timeout+time.Second)
	defer cancel()
	select {
	case k.turns <- struct{}{}:
	case <-ctx.Done():
		x.Unavailable(KindName, 1, "Too busy to decide", "So many requests are being decided on that this one was given up.", "")
		return false
	}
	defer func() { <-k.turns }()
	said, err := d.ask(ctx, x)
	if err != nil {
		k.log.WarnContext(ctx, "a rule of an authorization policy fails: the request is refused", "route", x.Facts.Route, "scope", x.Facts.Scope, "error", err)
		x.Refuse(KindName, http.StatusInternalServerError, "No decision", "The rule that decides on this request failed.", "")
		return false
	}
	allowed, signIn, reason := verdict(said)
	switch {
	case allowed:
	case signIn && x.Facts.Identity == nil && x.SignIn != nil:
		x.SignIn(x)
	default:
		x.Refuse(KindName, http.StatusForbidden, "Not allowed", reason, "")
	}
	return allowed
}

func (d *decision) ask(ctx context.Context, x *exchange.Exchange) (any, error) {
	input, err := ast.InterfaceToValue(d.input(x))
	if err != nil {
		return nil, err //nolint:wrapcheck // it is logged as it is
	}
	return d.rule.Eval(ctx, input) //nolint:wrapcheck // it is logged as it is
}

// verdict reads what a rule says: true or false, or an object with allow, reason, and signIn
// where it would help to know who calls.
func verdict(said any) (allowed, signIn bool, reason string) {
	const denied = "A rule of this route does not allow the request."
	switch v := said.(type) {
	case bool:
		return v, false, denied
	case map[string]any:
		allowed, _ = v["allow"].(bool)
		signIn, _ = v["signIn"].(bool)
		reason, _ = v["reason"].(string)
		if reason == "" || len(reason) > maxReason {
			reason = denied
		}
		return allowed, signIn, reason
	}
	return false, false, denied
}

// input is what a rule is asked about.
func (d *decision) input(x *exchange.Exchange) map[string]any {
	in := map[string]any{
		"method": string(x.Request.Header.Method()), "host": x.Host, "path": x.Path, "segments": segments(x.Path), "secure": x.Secure(),
		"client": client(x), "consumer": x.Facts.Consumer, "headers": d.shown(x), "route": x.Facts.Route,
		"claims": map[string]any{}, "scopes": []any{}, "subject": "", "issuer": "", "provider": "", "product": "", "authenticated": false,
	}
	if who := x.Facts.Identity; who != nil {
		scopes := make([]any, 0, len(who.Scopes))
		for _, scope := range who.Scopes {
			scopes = append(scopes, scope)
		}
		in["claims"], in["scopes"], in["subject"], in["issuer"], in["provider"] = who.Claims, scopes, who.Subject, who.Issuer, who.Provider
		in["product"], in["authenticated"] = who.Product, true
	}
	return in
}

func segments(path string) []any {
	out := []any{}
	for segment := range strings.SplitSeq(strings.Trim(path, "/"), "/") {
		if segment != "" {
			out = append(out, segment)
		}
	}
	return out
}

// client is the client's address, empty where there is none.
func client(x *exchange.Exchange) string {
	if a := x.Address(); a.IsValid() {
		return a.String()
	}
	return ""
}

// shown are the headers that the policy names, with all their values.
func (d *decision) shown(x *exchange.Exchange) map[string]any {
	out := map[string]any{}
	for _, name := range d.headers {
		values := []any{}
		for _, value := range x.Request.Header.PeekAll(name) {
			values = append(values, string(value))
		}
		if len(values) > 0 {
			out[name] = values
		}
	}
	return out
}
