package authz

import (
	"context"
	"errors"
	"slices"
	"strings"
	"time"

	"github.com/terrace-idp/terrace/internal/fabric/gateway/filter/spec"
	"github.com/terrace-idp/terrace/internal/governance/policy"
	"github.com/terrace-idp/terrace/internal/governance/policy/rego"
	"github.com/terrace-idp/terrace/internal/kernel"
	"github.com/terrace-idp/terrace/internal/platform/yamldoc"
)

// The bounds of a policy, and of one decision of Rego.
const (
	maxRules       = 200
	maxTimeout     = time.Second
	defaultTimeout = 100 * time.Millisecond
	memory         = 64 << 20
	maxHeaders     = 32
)

func read(ctx context.Context, k *Kind, v yamldoc.Value) *filter {
	f := &filter{kind: k, roles: "roles"}
	o := v.Object(spec.Fields(document{})...)
	rules, ruled := o.Get("rules")
	if ruled {
		rules.Items(func(i int, item yamldoc.Value) {
			if i == maxRules {
				item.Problem("write a rule in Rego", "a policy has at most %d rules", maxRules)
			}
			if i < maxRules {
				f.rules = append(f.rules, readRule(item))
			}
		})
	}
	if at, ok := o.Get("roleClaim"); ok {
		f.roles, _ = at.String()
	}
	module, asked := o.Get("rego")
	if asked {
		f.rego = readRego(ctx, module)
	}
	f.allow = asked && !ruled
	if at, ok := o.Get("default"); ok {
		said, _ := at.String()
		if said != "allow" && said != "deny" {
			at.Problem("write allow or deny", "%q is no default", said)
		}
		f.allow = said == "allow"
	}
	if o.OK() && !ruled && !asked {
		v.Problem("write rules, or rego", "the policy decides on nothing")
	}
	return f
}

func readRule(v yamldoc.Value) rule {
	o := v.Object(spec.Fields(ruleDocument{})...)
	r := rule{
		methods: texts(o, "methods"), exact: texts(o, "paths"), prefix: texts(o, "pathPrefixes"),
		scopes: texts(o, "scopes"), roles: texts(o, "roles"),
	}
	for _, one := range []struct {
		key string
		to  *bool
	}{{"deny", &r.deny}, {"authenticated", &r.identified}} {
		if at, ok := o.Get(one.key); ok {
			*one.to, _ = at.Bool()
		}
	}
	for _, m := range r.methods {
		if m == "" || strings.Trim(m, "ABCDEFGHIJKLMNOPQRSTUVWXYZ-") != "" {
			v.Problem("use one such as GET", "%q is no method", m)
		}
	}
	for i, p := range slices.Concat(r.exact, r.prefix) {
		if !strings.HasPrefix(p, "/") || strings.ContainsAny(p, "?#%\\*") || strings.Contains(p, "//") || slices.ContainsFunc(strings.Split(p, "/"), isDots) {
			v.Problem("use one such as /orders, decoded, without wildcards", "%q is no path that a request has", p)
		} else if i >= len(r.exact) && len(p) > 1 {
			r.prefix[i-len(r.exact)] = strings.TrimSuffix(p, "/")
		}
	}
	for _, s := range r.scopes {
		if s == "" || strings.ContainsFunc(s, func(c rune) bool { return c <= ' ' || c > '~' || c == '"' || c == '\\' }) {
			v.Problem("", "%q is no scope (RFC 6749 §3.3)", s)
		}
	}
	if list, ok := o.Get("claims"); ok {
		list.Items(func(_ int, item yamldoc.Value) {
			c := item.Object(spec.Fields(claimDocument{})...)
			if at, ok := c.Require("name", "name the claim"); ok {
				name, _ := at.String()
				r.claims = append(r.claims, claim{name, texts(c, "values")})
			}
		})
	}
	if r.deny && (r.identified || len(r.scopes)+len(r.roles)+len(r.claims) > 0) {
		v.Problem("remove the one or the other", "a rule that denies needs nothing of who calls")
	}
	return r
}

func isDots(segment string) bool { return segment == "." || segment == ".." }

func texts(o yamldoc.Object, key string) []string {
	v, ok := o.Get(key)
	if !ok {
		return nil
	}
	out := v.Strings()
	if v.IsList() && len(out) == 0 {
		v.Problem("leave it out, or name one", "an empty list says nothing")
	}
	return out
}

func readRego(ctx context.Context, v yamldoc.Value) *decision {
	o := v.Object(spec.Fields(regoDocument{})...)
	at, ok := o.Require("module", "write the rule: package authz …")
	if !ok {
		return nil
	}
	source, _ := at.String()
	name, timeout, d := "allow", defaultTimeout, &decision{}
	if at, ok := o.Get("rule"); ok {
		name, _ = at.String()
	}
	if at, ok := o.Get("timeout"); ok {
		said, _ := at.String()
		t, err := time.ParseDuration(said)
		if err != nil || t <= 0 || t > maxTimeout {
			at.Problem("write one such as 50ms, at most "+maxTimeout.String(), "%q is no time that a decision may take", said)
		}
		timeout = t
	}
	for _, header := range texts(o, "headers") {
		d.headers = append(d.headers, strings.ToLower(header))
	}
	if len(d.headers) > maxHeaders {
		v.Problem("name fewer", "a rule is shown at most %d headers", maxHeaders)
	}
	data := map[string]any{}
	if at, ok := o.Get("data"); ok && at.Open().OK() {
		data, _ = at.Any(nil).(map[string]any)
	}
	rule, err := rego.CompileDecision(ctx, policy.File{Name: "module", Content: []byte(source)}, data, name)
	if err != nil {
		report(at, err)
		return nil
	}
	rule.Timeout, rule.Memory, d.rule = timeout, memory, rule
	return d
}

// report tells what is wrong with the module, at its lines and columns in it.
func report(at yamldoc.Value, err error) {
	var e *kernel.Error
	if !errors.As(err, &e) || len(e.Problems) == 0 {
		at.Problem("", "%v", err)
		return
	}
	for _, p := range e.Problems {
		at.Problem(p.Fix, "line %d, column %d: %s", p.Line, p.Column, p.Message)
	}
}
