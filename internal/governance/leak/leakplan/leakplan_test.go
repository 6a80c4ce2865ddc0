package leakplan_test

import (
	"encoding/json"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/terrace-idp/terrace/internal/governance/leak/leakplan"
)

const document = `{
	"resource_changes": [
		{"address": "local_file.a", "change": {"actions": ["create"], "after": {"content": "first line\nsecond line\nTHIRD-line", "size": 12, "mode": "0644", "on": true}}},
		{"address": "module.m.app.b[\"x\"]", "change": {"after": {"settings": [{"name": "API_TOKEN", "value": "settings-value"}, {"other": "a-longer-text"}], "env": {"DB.PASS": "hunter2-hunter2"}}}},
		{"address": "gone.c", "change": {"actions": ["delete"], "before": {"old": "before-it-went"}, "after": null}}
	],
	"output_changes": {"url": {"after": "https://example.test/"}, "hidden": {"after": "(sensitive)"}},
	"variables": {"plain": {"value": "variable-value"}, "marked": {"value": "marked-value"}},
	"configuration": {
		"provider_config": {"aws": {"expressions": {"secret_key": {"constant_value": "provider-constant"}}}},
		"root_module": {
			"variables": {"plain": {"default": "variable-default"}, "marked": {"sensitive": true, "default": "marked-default"}},
			"outputs": {"o": {"expression": {"constant_value": "output-constant"}}},
			"resources": [{"address": "app.d", "expressions": {"password": {"constant_value": "config-constant"}, "copy": {"constant_value": "settings-value"}, "block": [{"inner": {"constant_value": "block-constant"}, "ref": {"references": ["var.a.long.one"]}}]}}],
			"module_calls": {"m": {"expressions": {"key": {"constant_value": "call-constant"}}, "module": {"resources": [{"address": "app.e", "expressions": {"key": {"constant_value": "inner-constant"}}}]}}}
		}
	}
}`

func TestEachValueHasItsPlace(t *testing.T) {
	t.Parallel()
	var d map[string]any
	if err := json.Unmarshal([]byte(document), &d); err != nil {
		t.Fatal(err)
	}
	laid := leakplan.Of(d)
	got := map[string]string{}
	for i, line := range strings.Split(strings.TrimSuffix(laid.Text, "\n"), "\n") {
		at := laid.At(i + 1)
		got[line] = at.Address + " " + at.Attribute
	}
	want := map[string]string{
		`content = "first line`: "local_file.a content", "second line": "local_file.a content", `THIRD-line"`: "local_file.a content",
		`name = "API_TOKEN"`:            `module.m.app.b["x"] settings[0].name`,
		`API_TOKEN = "settings-value"`:  `module.m.app.b["x"] settings[0].value`,
		`other = "a-longer-text"`:       `module.m.app.b["x"] settings[1].other`,
		`DB.PASS = "hunter2-hunter2"`:   `module.m.app.b["x"] env["DB.PASS"]`,
		`url = "https://example.test/"`: "output.url ", `hidden = "(sensitive)"`: "output.hidden ",
		`plain = "variable-value"`: "var.plain ", `plain = "variable-default"`: "var.plain default",
		`secret_key = "provider-constant"`: "provider.aws secret_key", `o = "output-constant"`: "output.o o",
		`password = "config-constant"`: "app.d password", `inner = "block-constant"`: "app.d block[0].inner",
		`key = "call-constant"`: "module.m key", `key = "inner-constant"`: "module.m.app.e key",
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
	if at := (leakplan.Text{}).At(1); at != (leakplan.Place{}) {
		t.Errorf("of nothing: %v", at)
	}
}

func TestAStateIsLaidOutAsAPlanIs(t *testing.T) {
	t.Parallel()
	var d map[string]any
	const state = `{"values": {"outputs": {"url": {"value": "https://example.test/"}}, "root_module": {"resources": [{"address": "a.b", "values": {"key": "value-of-b"}}],
		"child_modules": [{"resources": [{"address": "module.m.a.c", "values": {"list": ["value-of-c"]}}]}]}}}`
	if err := json.Unmarshal([]byte(state), &d); err != nil {
		t.Fatal(err)
	}
	laid := leakplan.Of(d)
	if want := "url = \"https://example.test/\"\nkey = \"value-of-b\"\nlist = \"value-of-c\"\n"; laid.Text != want {
		t.Errorf("%q, want %q", laid.Text, want)
	}
	if at := laid.At(3); at != (leakplan.Place{Address: "module.m.a.c", Attribute: "list[0]"}) {
		t.Errorf("the place of the last is %v", at)
	}
}

// TestAZeroByteMakesNoPlanUnreadable: it would be no text, and not be looked at.
func TestAZeroByteMakesNoPlanUnreadable(t *testing.T) {
	t.Parallel()
	laid := leakplan.Of(map[string]any{"variables": map[string]any{"a\x00b": map[string]any{"value": "first\x00value"}, "c": map[string]any{"value": "second-value"}}})
	if want := "a b = \"first value\"\nc = \"second-value\"\n"; laid.Text != want {
		t.Errorf("%q, want %q", laid.Text, want)
	}
}

// TestAPlanIsBounded: what is too much is counted, not looked at.
func TestAPlanIsBounded(t *testing.T) {
	t.Parallel()
	large := strings.Repeat("x", 9<<20)
	var deep any = "the innermost text"
	for range 300 {
		deep = []any{deep}
	}
	laid := leakplan.Of(map[string]any{"variables": map[string]any{
		"a": map[string]any{"value": large}, "b": map[string]any{"value": large}, "c": map[string]any{"value": "after them"}, "d": map[string]any{"value": deep},
	}})
	if laid.LeftOut != 2 || !strings.HasSuffix(laid.Text, "c = \"after them\"\n") || laid.At(2).Address != "var.c" {
		t.Errorf("%d are left out, and the end is %q", laid.LeftOut, laid.Text[len(laid.Text)-40:])
	}
}
