package authn

import (
	"context"
	"crypto/sha256"
	"encoding/hex"

	"github.com/terrace-idp/terrace/internal/fabric/gateway/filter/spec"
	"github.com/terrace-idp/terrace/internal/platform/secretref"
	"github.com/terrace-idp/terrace/internal/platform/yamldoc"
)

func (r *reader) apiKey(name string, v yamldoc.Value) way {
	a := &apiKeys{name: name, filter: r.f, kind: r.kind, scope: r.policy.Scope, static: map[[sha256.Size]byte]*caller{}}
	o := v.Object(spec.Fields(apiKeyDoc{})...)
	a.header, a.query, a.prefix = text(o, "header"), text(o, "query"), text(o, "prefix")
	switch {
	case !o.OK():
		return a
	case (a.header == "") == (a.query == ""):
		v.Problem("write header: X-Api-Key, or query: api_key", "a key is in a header or in the query")
	case a.header != "" && !isToken(a.header):
		v.Problem("", "%q is no name of a header", a.header)
	case a.header != "":
		r.place(v, "header", a.header)
	default:
		r.place(v, "parameter", a.query)
	}
	if at, ok := o.Get("prefix"); ok && len(a.prefix) < minPrefix {
		at.Problem("use some letters, such as acme_", "%q tells keys from nothing else", a.prefix)
	}
	if at, ok := o.Get("products"); ok {
		if a.products, _ = at.Bool(); a.products && r.kind.Subscriptions == nil {
			at.Problem("name keys", "this gateway has no products with subscriptions")
		} else if a.products {
			a.subscribed = newSubscribers(a, r.kind.Subscriptions.At(r.at))
		}
	}
	list, listed := o.Get("keys")
	if listed {
		r.keys(a, list)
	}
	if !a.products && !listed {
		v.Problem("name keys", "there is no key that could be taken")
	}
	return a
}

func (r *reader) keys(a *apiKeys, list yamldoc.Value) {
	names := map[string]bool{}
	list.Items(func(i int, item yamldoc.Value) {
		o := item.Object(spec.Fields(keyDoc{})...)
		if i == maxNamed {
			item.Problem("have products with subscriptions", "a policy has at most %d keys", maxNamed)
		}
		if _, ok := o.Require("name", "name whose key it is"); !ok || i >= maxNamed {
			return
		}
		name, sum, secret := text(o, "name"), text(o, "sha256"), text(o, "secret")
		if !isToken(name) || names[name] {
			item.Problem("use letters, digits and hyphens, each name once", "%q is no name of a key here", name)
		}
		names[name] = true
		who := a.named(name, texts(o, "scopes"))
		switch {
		case (sum == "") == (secret == ""):
			item.Problem("write sha256 of the key in hexadecimal digits, or secret: ${secret:NAME}", "a key is a digest or a secret")
		case secret != "":
			if value := r.secret(item, secret); value != nil {
				a.secret = append(a.secret, &secretKey{who, value})
			}
		default:
			digest, err := hex.DecodeString(sum)
			if err != nil || len(digest) != sha256.Size {
				item.Problem("it is what sha256sum says of the key, without a line end", "sha256 is not 64 hexadecimal digits")
				return
			}
			if a.static[[sha256.Size]byte(digest)] != nil {
				item.Problem("give each its own", "two names have one key")
			}
			a.static[[sha256.Size]byte(digest)] = who
		}
	})
}

// secret reads a reference; a value in its place is refused.
func (r *reader) secret(at yamldoc.Value, content string) *secretValue {
	ref, is, err := secretref.Whole(content)
	switch {
	case !is:
		at.Problem("keep it with terrace secret set NAME, and write ${secret:NAME}", "a secret stands in the policy itself")
		return nil
	case err != nil:
		at.Problem("write ${secret:NAME}", "%v", err)
		return nil
	case r.kind.Secrets == nil:
		at.Problem("write sha256 of the key", "this gateway has no store of secrets")
		return nil
	}
	scope := r.policy.Scope
	if scope.Stage == "" {
		if scope, ref, err = r.kind.Secrets.Locate(scope, ref); err != nil {
			at.Problem("write ${secret:STAGE/NAME} in a project, ${secret:PROJECT/STAGE/NAME} in a tenant", "%v", err)
			return nil
		}
	}
	value := &secretValue{kind: r.kind, scope: scope, ref: ref}
	r.secrets = append(r.secrets, named{at, value})
	return value
}

// checkSecrets has a policy name only what its writer may read.
func (r *reader) checkSecrets(ctx context.Context) {
	for _, s := range r.secrets {
		if _, err := r.kind.Secrets.Check(ctx, s.value.scope, s.value.ref); err != nil {
			s.at.Problem("name a secret that you may read", "%s cannot be used: %v", s.value.ref, err)
		}
	}
}
