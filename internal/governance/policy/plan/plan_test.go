package plan_test

import (
	"encoding/json"
	"strings"
	"testing"

	"github.com/terrace-idp/terrace/internal/governance/policy/plan"
	"github.com/terrace-idp/terrace/internal/kernel"
)

func TestDocumentsThatAreRead(t *testing.T) {
	t.Parallel()
	cases := map[string]string{
		"a plan":                        `{"format_version":"1.2","resource_changes":[{"address":"a.b","type":"a","change":{"actions":["create"]}}]}`,
		"a plan of an old terraform":    `{"format_version":"0.1","resource_changes":[{"address":"a.b","mode":"managed","type":"a","change":{"actions":["delete"],"before":{},"after":null,"after_unknown":false}}]}`,
		"a plan without changes":        `{"format_version":"1.2","planned_values":{"root_module":{}}}`,
		"only planned values":           `{"format_version":"1.2","planned_values":{"root_module":{"resources":[]}}}`,
		"a state":                       `{"format_version":"1.0","values":{"root_module":{}}}`,
		"a state without any":           `{"format_version":"1.0"}`,
		"a state file":                  `{"version":4,"resources":[]}`,
		"a plan behind a mark of UTF-8": "\xef\xbb\xbf" + `{"format_version":"1.2","resource_changes":[]}`,
		"numbers of any size that is":   `{"format_version":"1.2","resource_changes":[],"variables":{"a":{"value":[1e308,-1.7E+308,0.` + strings.Repeat("1", 400) + `,1e-999,` + strings.Repeat("1", 300) + `]}}}`,
	}
	for name, text := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if _, err := plan.Read("p", []byte(text)); err != nil {
				t.Error(err)
			}
		})
	}
}

func TestStateFilesHaveAddresses(t *testing.T) {
	t.Parallel()
	in, err := plan.Read("s", []byte(`{"version":4,"resources":[
		{"mode":"managed","type":"t","name":"n","module":"module.m","instances":[{"index_key":0,"attributes":{"a":1}},{"index_key":"k","attributes":{}},{"deposed":"x","attributes":{}}]},
		{"mode":"data","type":"t","name":"d","instances":[{"attributes":{}}]}]}`))
	if err != nil {
		t.Fatal(err)
	}
	root, _ := in.Document["values"].(map[string]any)["root_module"].(map[string]any)
	var addresses []string
	for _, r := range root["resources"].([]any) {
		addresses = append(addresses, r.(map[string]any)["address"].(string))
	}
	if got := strings.Join(addresses, " "); got != `module.m.t.n[0] module.m.t.n["k"] data.t.d` {
		t.Errorf("got %s", got)
	}
}

func TestSensitiveValuesAreHidden(t *testing.T) {
	t.Parallel()
	in, err := plan.Read("p", []byte(`{"format_version":"1.2",
		"resource_changes":[{"address":"a.b","type":"a","change":{"actions":["create"],"before":null,"before_sensitive":true,
			"after":{"password":"hunter2","open":true,"name":"n","list":[{"key":"hunter2","other":1}],"gone":null},
			"after_sensitive":{"password":true,"open":true,"list":[{"key":true}],"gone":true}}}],
		"output_changes":{"o":{"after":"hunter2","after_sensitive":true}},
		"planned_values":{"outputs":{"o":{"sensitive":true,"value":"hunter2"}},"root_module":{"child_modules":[{"resources":[{"address":"a.b","type":"a","values":{"password":"hunter2"},"sensitive_values":{"password":true}}]}]}},
		"prior_state":{"values":{"root_module":{"resources":[{"address":"a.b","type":"a","values":{"password":"hunter2"},"sensitive_values":{"password":true}}]}}},
		"variables":{"v":{"value":"hunter2"},"w":{"value":"seen"}},
		"configuration":{"root_module":{"variables":{"v":{"sensitive":true},"w":{}}}}}`))
	if err != nil {
		t.Fatal(err)
	}
	secret := plan.Redact(in)
	text, err := json.Marshal(in.Document)
	if err != nil || strings.Contains(string(text), "hunter2") || !strings.Contains(string(text), "seen") || !strings.Contains(string(text), `"gone":null`) || !strings.Contains(string(text), `"open":true`) || !strings.Contains(string(text), `"before":null`) {
		t.Errorf("%s %v", text, err)
	}
	for text, want := range map[string]string{"user:hunter2@host": "user:(sensitive)@host", "was seen": "was seen"} {
		if got := secret.Cut(text, plan.Hidden); got != want {
			t.Errorf("of %q there is %q", text, got)
		}
	}
}

// Each place where a plan marks something tells what is cut elsewhere.
func TestWhatIsSensitiveIsKnownFromEachPlace(t *testing.T) {
	t.Parallel()
	in, err := plan.Read("p", []byte(`{"format_version":"1.2",
		"resource_changes":[{"address":"a.b","type":"a","change":{"actions":["update"],"before":{"x":"secret-1"},"before_sensitive":{"x":true},"after":{"x":"secret-2"},"after_sensitive":{"x":true}}}],
		"resource_drift":[{"address":"a.b","type":"a","change":{"actions":["update"],"after":{"x":"secret-3"},"after_sensitive":{"x":true}}}],
		"deferred_changes":[{"reason":"absent_prereq","resource_change":{"address":"a.c","type":"a","change":{"actions":["update"],"before":{"x":"secret-9"},"before_sensitive":{"x":true},"after":null}}}],
		"action_invocations":[{"address":"action.a.b","type":"a","name":"b","config_values":{"x":"secret-10","y":"seen"},"config_sensitive":{"x":true}}],
		"deferred_action_invocations":[{"reason":"absent_prereq","action_invocation":{"address":"action.a.c","type":"a","name":"c","config_values":{"x":"secret-11"},"config_sensitive":{"x":true}}}],
		"output_changes":{"o":{"after":"secret-4","after_sensitive":true}},
		"planned_values":{"outputs":{"p":{"sensitive":true,"value":"secret-5"}},"root_module":{"child_modules":[{"resources":[{"address":"a.b","type":"a","values":{"x":"secret-6"},"sensitive_values":{"x":true}}]}]}},
		"prior_state":{"values":{"root_module":{"resources":[{"address":"a.b","type":"a","values":{"x":"secret-7"},"sensitive_values":{"x":true}}]}}},
		"variables":{"v":{"value":"secret-8"}},
		"configuration":{"root_module":{"variables":{"v":{"sensitive":true}}}}}`))
	if err != nil {
		t.Fatal(err)
	}
	secret := plan.Redact(in)
	for _, value := range []string{"secret-1", "secret-2", "secret-3", "secret-4", "secret-5", "secret-6", "secret-7", "secret-8", "secret-9", "secret-10", "secret-11"} {
		if !secret.In(value) {
			t.Errorf("%s is not known", value)
		}
	}
	if text, err := json.Marshal(in.Document); err != nil || strings.Contains(string(text), "secret-") {
		t.Errorf("%s %v", text, err)
	}
}

// A format that nobody knows could have what rules look for elsewhere.
func TestFormatsThatAreNotKnownAreRefused(t *testing.T) {
	t.Parallel()
	for version, known := range map[string]bool{
		`"0.1"`: true, `"0.2"`: true, `"1.0"`: true, `"1.99"`: true, `"1"`: true,
		`"9.0"`: false, `"2.0"`: false, `"0.3"`: false, `"1.x"`: false, `""`: false, `1.2`: false, `null`: false,
	} {
		_, err := plan.Read("p", []byte(`{"format_version":`+version+`,"resource_changes":[]}`))
		if known && err != nil || !known && (!kernel.Is(err, kernel.Invalid) || !strings.Contains(err.Error(), "format version")) {
			t.Errorf("%s: %v", version, err)
		}
	}
}
