package plan_test

import (
	"encoding/json"
	"strings"
	"testing"

	"github.com/terrace-idp/terrace/internal/governance/policy/plan"
)

func TestSensitiveAttributesOfAStateAreHidden(t *testing.T) {
	t.Parallel()
	const state = `{"version": 4, "resources": [{"mode": "managed", "type": "t", "name": "n", "provider": "p", "instances": [{
		"attributes": {"open": "seen", "password": "hush-hush", "list": [{"key": "quiet-1"}, {"key": "quiet-2", "name": "shown"}], "whole": {"a": "silent"}},
		"sensitive_attributes": [
			[{"type": "get_attr", "value": "password"}],
			[{"type": "get_attr", "value": "list"}, {"type": "index", "value": {"value": 1, "type": "number"}}, {"type": "get_attr", "value": "key"}],
			[{"type": "get_attr", "value": "whole"}]
		]}, {"index_key": 1, "attributes": {"other": "all-of-it"}, "sensitive_attributes": [["unknown"]]}]}]}`
	in, err := plan.Read("state", []byte(state))
	if err != nil {
		t.Fatal(err)
	}
	secret := plan.Redact(in)
	text, err := json.Marshal(in.Document)
	if err != nil {
		t.Fatal(err)
	}
	for _, hidden := range []string{"hush-hush", "quiet-2", "silent", "all-of-it"} {
		if strings.Contains(string(text), hidden) || !secret.In(hidden) {
			t.Errorf("%s is not hidden: %s", hidden, text)
		}
	}
	for _, shown := range []string{"seen", "quiet-1", "shown"} {
		if !strings.Contains(string(text), shown) {
			t.Errorf("%s is hidden: %s", shown, text)
		}
	}
}
