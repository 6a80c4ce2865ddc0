package rego_test

import (
	"strings"
	"testing"
	"time"

	"github.com/open-policy-agent/opa/v1/ast"

	"github.com/terrace-idp/terrace/internal/governance/policy"
	"github.com/terrace-idp/terrace/internal/governance/policy/rego"
	"github.com/terrace-idp/terrace/internal/kernel"
)

func decision(t *testing.T, module string) (*rego.Decision, error) {
	t.Helper()
	return rego.CompileDecision(t.Context(), policy.File{Name: "rule.rego", Content: []byte(module)}, nil, "allow")
}

func TestDecisionsAreCompiledWithTheirPlaces(t *testing.T) {
	t.Parallel()
	cases := []struct{ module, want string }{
		{"package p\n\nallow if {\n  input.x ==\n}\n", "rule.rego:5:"},
		{"package p\n\nallow if http.send({\"url\": \"x\"}).status_code == 200\n", "rule.rego:3:10"},
		{"package p\n\nallow if net.lookup_ip_addr(\"x\")\n", "undefined function"},
		{"package p\n\nallow if opa.runtime().env.HOME\n", "undefined function"},
		{"package p\n\nallowed := true\n", "there is no rule allow"},
		{"", "rule.rego:1:1"},
	}
	for _, c := range cases {
		if _, err := decision(t, c.module); !kernel.Is(err, kernel.Invalid) || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%q: %v, want %q", c.module, err, c.want)
		}
	}
}

func TestDecisionsAreBounded(t *testing.T) {
	t.Parallel()
	slow, err := decision(t, "package p\n\nallow if {\n  some a in numbers.range(1, 100000)\n  some b in numbers.range(1, 100000)\n  a * b == -1\n}\n")
	if err != nil {
		t.Fatal(err)
	}
	slow.Timeout, slow.Memory = 50*time.Millisecond, 1<<40
	if _, err := slow.Eval(t.Context(), ast.NewObject()); err == nil || !strings.Contains(err.Error(), "longer than 50ms") {
		t.Errorf("a rule without an end: %v", err)
	}
	large, err := decision(t, "package p\n\nallow if count([x | some a in numbers.range(1, 3000); some b in numbers.range(1, 3000); x := sprintf(\"%d-%d\", [a, b])]) > 0\n")
	if err != nil {
		t.Fatal(err)
	}
	large.Timeout, large.Memory = time.Minute, 16<<20
	if _, err := large.Eval(t.Context(), ast.NewObject()); err == nil || !strings.Contains(err.Error(), "memory") {
		t.Errorf("a rule that takes memory: %v", err)
	}
	good, err := decision(t, "package p\n\ndefault allow := false\nallow if input.x == 1\n")
	if err != nil {
		t.Fatal(err)
	}
	for in, want := range map[int]bool{1: true, 2: false} {
		if got, err := good.Eval(t.Context(), ast.NewObject(ast.Item(ast.StringTerm("x"), ast.IntNumberTerm(in)))); err != nil || got != want {
			t.Errorf("%d: %v %v", in, got, err)
		}
	}
}
