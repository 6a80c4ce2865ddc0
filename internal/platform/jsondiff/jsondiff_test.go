package jsondiff_test

import (
	"encoding/json"
	"fmt"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/terrace-idp/terrace/internal/platform/jsondiff"
)

func parsed(t *testing.T, text string) (v any) {
	t.Helper()
	if text == "" {
		return nil
	}
	if err := json.Unmarshal([]byte(text), &v); err != nil {
		t.Fatal(err)
	}
	return v
}

func TestDifferences(t *testing.T) {
	t.Parallel()
	// Nothing and an empty text are written differently alone.
	unset := func(a, b any) bool { return a == nil && b == "" || a == "" && b == nil }
	for name, tc := range map[string]struct {
		before, after               string
		unknown, sensitive, covered string
		walk                        jsondiff.Walk
		want                        string
	}{
		"a member of an object":      {before: `{"a": {"b": 1, "c": 2}}`, after: `{"a": {"b": 1, "c": 3}}`, want: "a.c: 2 → 3\n"},
		"a name that is no word":     {before: `{"tags": {"a.b": "1"}}`, after: `{"tags": {}}`, want: "tags[\"a.b\"]: 1 → <nil>\n"},
		"an item of a list":          {before: `{"l": ["1", "2"]}`, after: `{"l": ["1", "3", "4"]}`, want: "l[1]: 2 → 3\nl[2]: <nil> → 4\n"},
		"a list as one value":        {before: `{"l": ["1"]}`, after: `{"l": ["2"]}`, walk: jsondiff.Walk{Lists: true}, want: "l: [1] → [2]\n"},
		"a list of objects":          {before: `{"l": [{"a": 1}]}`, after: `{"l": [{"a": 2}]}`, walk: jsondiff.Walk{Lists: true}, want: "l[0].a: 1 → 2\n"},
		"an empty list, told":        {before: `{"a": null, "l": {}}`, after: `{"a": [], "l": {}}`, walk: jsondiff.Walk{Empty: true}, want: "a: <nil> → []\n"},
		"an object of a text":        {before: `{"a": "x"}`, after: `{"a": {"b": 1}}`, want: "a: x → map[b:1]\n"},
		"what comes":                 {after: `{"a": {"b": 1}}`, want: "a.b: <nil> → 1\n"},
		"what is not known":          {before: `{"id": "x", "n": 1}`, after: `{"n": 1}`, unknown: `{"id": true}`, want: "id: unknown\n"},
		"what will be there":         {before: `{}`, after: `{}`, unknown: `{"id": true}`, want: "id: unknown\n"},
		"a secret":                   {before: `{"p": "1"}`, after: `{"p": "2"}`, sensitive: `{"p": true}`, want: "p: sensitive\n"},
		"what was a secret":          {before: `{"p": {"q": "1"}}`, after: `{"p": {"q": "2"}}`, covered: `{"p": true}`, want: "p: sensitive\n"},
		"a list with a secret in it": {before: `{"l": ["1"]}`, after: `{"l": ["1", "2"]}`, sensitive: `{"l": [false, true]}`, walk: jsondiff.Walk{Lists: true}, want: "l: sensitive\n"},
		"a secret that is repeated":  {before: `{"p": "s3cret", "q": {"r": "is s3cret"}, "n": 1}`, after: `{"p": "0ther-one", "q": {}, "n": 2}`, sensitive: `{"p": true}`, covered: `{"p": true}`, want: "n: 1 → 2\np: sensitive\nq.r: sensitive\n"},
		"the same in other words":    {before: `{"a": null, "b": "1"}`, after: `{"a": "", "b": "1"}`, walk: jsondiff.Walk{Same: unset}},
		"a member that is new":       {before: `{"tags": {}}`, after: `{"tags": {"a": ""}}`, walk: jsondiff.Walk{Same: unset}, want: "tags.a: <nil> → \n"},
		"nothing":                    {before: `{"a": [1, {"b": null}]}`, after: `{"a": [1, {"b": null}]}`},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := tc.walk
			w.Unknown, w.SensitiveAfter, w.SensitiveBefore = parsed(t, tc.unknown), parsed(t, tc.sensitive), parsed(t, tc.covered)
			if diff := cmp.Diff(tc.want, written(w.Differences(parsed(t, tc.before), parsed(t, tc.after)))); diff != "" {
				t.Error(diff)
			}
		})
	}
}

func written(all []jsondiff.Difference) (text string) {
	for _, d := range all {
		switch {
		case d.Unknown:
			text += d.Path + ": unknown\n"
		case d.Sensitive:
			text += d.Path + ": sensitive\n"
		default:
			text += fmt.Sprintf("%s: %v → %v\n", d.Path, d.Before, d.After)
		}
	}
	return text
}
