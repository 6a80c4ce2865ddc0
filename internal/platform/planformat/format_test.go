package planformat_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"regexp"
	"strings"
	"testing"
	"unicode/utf16"

	"github.com/terrace-idp/terrace/internal/kernel"
	"github.com/terrace-idp/terrace/internal/platform/planformat"
)

// plan is one with a change that has what is given.
func plan(change string) string {
	return "{\"format_version\":\"1.2\",\n \"resource_changes\":[\n  {\"address\":\"a.b\",\"type\":\"a\",\"change\":{" + change + "}}]}"
}

func inUTF16(text string, mark bool) string {
	var b strings.Builder
	if mark {
		b.WriteString("\xff\xfe")
	}
	for _, u := range utf16.Encode([]rune(text)) {
		b.WriteString(string([]byte{byte(u), byte(u >> 8)}))
	}
	return b.String()
}

// Whatever somebody gives in the place of a plan, they are told what it is and what to do.
func TestWhatIsNoPlanIsToldByWhatItIs(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct{ text, says, fix string }{
		"nothing":               {"", "is empty", "terraform show -json"},
		"spaces":                {" \n\t", "is empty", "terraform show -json"},
		"only a mark":           {"\xef\xbb\xbf", "is empty", "terraform show -json"},
		"a plan file":           {"PK\x03\x04xx", "as terraform keeps it", "terraform show -json FILE"},
		"gzip":                  {"\x1f\x8b\x08\x00", "gzip", "gunzip"},
		"UTF-16":                {inUTF16(plan(""), true), "UTF-16", "PowerShell"},
		"UTF-16 without a mark": {inUTF16(plan(""), false), "UTF-16", "UTF-8"},
		"HCL":                   {"# ours\nterraform {\n}\nresource \"a\" \"b\" {\n}\n", "HCL", "terraform plan -out"},
		"an error page":         {"<html>", "HTML", "terraform show -json"},
		"what people read":      {"\nTerraform will perform the following actions:\n", "tells people", "terraform show -json"},
		"a state people read":   {"# a.b:\nresource \"a\" \"b\" {\n", "tells people", "terraform show -json"},
		"colours":               {"\x1b[0m\x1b[1mNo changes.", "tells people", "terraform show -json"},
		"a log":                 {"{\"@level\":\"info\",\"@message\":\"a\"}\n{\"@level\":\"info\"}\n", "the log", "terraform show -json"},
		"a line of a log":       {"{\"@level\":\"info\",\"@message\":\"a\"}", "the log", "terraform show -json"},
		"JSON of HCL":           {`{"resource":{}}`, "a configuration", "terraform plan -out"},
		"an old state":          {`{"version":3,"serial":1,"lineage":"x","modules":[]}`, "a state of version 3", "terraform show -json"},
		"another document":      {`{"apiVersion":"v1"}`, "neither a plan nor a state", "terraform show -json"},
		"a list":                {`[]`, "no object of JSON", "terraform show -json"},
		"a part of a plan":      {`{"resource_changes":[]}`, "has no format_version", "terraform show -json"},
		"a stripped plan":       {`{"format_version":"1.2","terraform_version":"1.11.4","configuration":{}}`, "no whole plan", "terraform show -json"},
		"an unknown format":     {`{"format_version":"2.0","resource_changes":[]}`, "format version 2.0", "update Terrace"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			_, err := planformat.Read("p.json", []byte(c.text))
			e, ok := errors.AsType[*kernel.Error](err)
			if !ok || e.Kind != kernel.Invalid || !strings.HasPrefix(e.Message, "p.json ") || !strings.Contains(e.Message, c.says) || !strings.Contains(e.Fix, c.fix) {
				t.Errorf("got %v", err)
			}
		})
	}
}

// place is the line and the column that an error begins with.
var place = regexp.MustCompile(`^\d+:\d+: `)

// Rules and prices find nothing in what has another shape, and would pass.
func TestAnotherShapeIsRefusedWithItsPlace(t *testing.T) {
	t.Parallel()
	const state = `{"format_version":"1.0","values":{"root_module":%s}}`
	for text, want := range map[string]string{
		`{"format_version":"1.2","resource_changes":null}`:                                                                   "1:44: resource_changes: it is null or missing, and a list",
		`{"format_version":"1.2","resource_changes":{}}`:                                                                     "1:44: resource_changes: it is an object, and a list",
		`{"format_version":"1.2","resource_changes":[1]}`:                                                                    "1:45: resource_changes[0]: it is a number",
		`{"format_version":"1.2","resource_changes":[{"type":"a","change":{"actions":["no-op"]}}]}`:                          "resource_changes[0].address: it is null or missing, and a text",
		`{"format_version":"1.2","resource_changes":[{"address":1,"type":"a","change":{"actions":["no-op"]}}]}`:              "resource_changes[0].address: it is a number",
		`{"format_version":"1.2","resource_changes":[{"address":"a","type":"a","mode":"x","change":{"actions":["no-op"]}}]}`: "resource_changes[0].mode: the mode x is not known",
		`{"format_version":"1.2","resource_changes":[{"address":"a","type":"a","change":"gone"}]}`:                           "resource_changes[0].change: it is a text",
		plan(``):                                         "3:40: resource_changes[0].change.actions: it is null or missing",
		plan(`"actions":"delete"`):                       "3:51: resource_changes[0].change.actions: it is a text, and a list of texts is expected",
		plan(`"actions":[]`):                             "actions: there is none in it",
		plan(`"actions":[1]`):                            "change.actions[0]: it is a number",
		plan(`"actions":["create","nuke"]`):              "change.actions[1]: the action \"nuke\" is not known",
		plan(`"actions":["Delete"]`):                     "change.actions[0]: the action \"Delete\" is not known",
		plan(`"actions":["no-op"],"after":"x"`):          "change.after: it is a text, and an object or null",
		plan(`"actions":["no-op"],"before":[]`):          "change.before: it is a list",
		plan(`"actions":["no-op"],"after_unknown":true`): "change.after_unknown: it is true or false, and an object",
		plan(`"actions":["no-op"],"after_unknown":"x"`):  "change.after_unknown: it is a text",
		plan(`"actions":["no-op"],"after_sensitive":1`):  "change.after_sensitive: it is a number",

		// Numbers that nobody can count with.
		plan(`"actions":["create"],"after":{"a":1` + strings.Repeat("0", 400) + `}`):                             "3:75: the number is larger",
		plan(`"actions":["create"],"after":{"a":[2e-999999999 ]}`):                                               "3:76: the number is larger, nearer to zero",
		plan(`"actions":["create"],"after":{"a":[0.` + strings.Repeat("1", 1_000) + `]}`):                        "3:76: the number is larger, nearer to zero or longer",
		plan(`"actions":["create"],"after":{"a":[-1e999 ]}`):                                                     "3:76: the number is larger",
		plan(`"actions":["create"],"after":{"a":` + strings.Repeat("[", 1001) + strings.Repeat("]", 1001) + `}`): "nested deeper than 1000",
		`{"format_version":"1.2","resource_changes":[],"complete":"no"}`:                                         "complete: it is a text, and true or false",
		`{"format_version":"1.2","resource_changes":[],"errored":1}`:                                             "errored: it is a number",
		`{"format_version":"1.2","resource_changes":[],"deferred_changes":{}}`:                                   "deferred_changes: it is an object",
		`{"format_version":"1.2","resource_changes":[],"deferred_changes":[{}]}`:                                 "deferred_changes[0].resource_change: it is null or missing",
		`{"format_version":"1.2","resource_changes":[],"resource_drift":[{}]}`:                                   "resource_drift[0].address",
		`{"format_version":"1.2","resource_changes":[],"output_changes":{"o":1}}`:                                "output_changes.o: it is a number",
		`{"format_version":"1.2","resource_changes":[],"planned_values":[]}`:                                     "planned_values: it is a list",

		`{"format_version":"1.2","resource_changes":[],"planned_values":{"root_module":{"child_modules":[{"resources":[{"address":"a.b","type":"a","mode":"managed","name":"b"}]}]}}}`: "1:44: resource_changes: there is none in it, and planned_values has resources",

		`{"format_version":"1.2","resource_changes":[],"action_invocations":[1]}`:                                                    "action_invocations[0]: it is a number",
		`{"format_version":"1.2","resource_changes":[],"action_invocations":[{"config_sensitive":1}]}`:                               "action_invocations[0].config_sensitive: it is a number",
		`{"format_version":"1.2","resource_changes":[],"deferred_action_invocations":[{"action_invocation":{"config_values":"x"}}]}`: "deferred_action_invocations[0].action_invocation.config_values: it is a text",
		`{"format_version":"1.2","resource_changes":[],"configuration":{"root_module":1}}`:                                           "configuration.root_module: it is a number",
		`{"format_version":"1.2","resource_changes":[],"prior_state":{"values":{"root_module":{"resources":{}}}}}`:                   "prior_state.values.root_module.resources: it is an object",

		fmt.Sprintf(state, `{"resources":{}}`):                                                                      "values.root_module.resources: it is an object",
		fmt.Sprintf(state, `{"child_modules":[{"resources":[{"address":"a"}]}]}`):                                   "values.root_module.child_modules[0].resources[0].type: it is null or missing",
		fmt.Sprintf(state, `{"resources":[{"address":"a","type":"b","values":"x"}]}`):                               "resources[0].values: it is a text",
		`{"version":4,"resources":{}}`:                                                                              "resources: it is an object",
		`{"version":4,"resources":[{"mode":"managed","type":"a","name":"b","instances":1}]}`:                        "resources[0].instances: it is a number",
		`{"version":4,"resources":[{"mode":"managed","type":"a","name":"b","instances":[{"attributes_flat":{}}]}]}`: "attributes_flat: it was written before Terraform 0.12",
		`{"version":4,"resources":[{"mode":"managed","type":"a","instances":[]}]}`:                                  "resources[0].name: it is null or missing",
		"{\n\"a\":":       "2:5: it breaks off",
		"{\"a\":1,\n  b}": "2:3: invalid character 'b'",
		"{\"a\":1}\n{":    "2:1: invalid character '{' after top-level value",
	} {
		if _, err := planformat.Read("p.json", []byte(text)); !kernel.Is(err, kernel.Invalid) || !strings.Contains(err.Error(), "p.json") || !strings.Contains(err.Error(), want) {
			t.Errorf("%.200s: %.300v", text, err)
		}
		values, whole := decoded(text)
		if _, err := planformat.Of("p.json", values); whole && (!kernel.Is(err, kernel.Invalid) || !strings.Contains(err.Error(), place.ReplaceAllString(want, ""))) {
			t.Errorf("the values of %.200s: %.300v", text, err)
		}
	}
}

// decoded are the values of a text that is an object of JSON.
func decoded(text string) (values map[string]any, whole bool) {
	d := json.NewDecoder(strings.NewReader(text))
	d.UseNumber()
	return values, json.Valid([]byte(text)) && d.Decode(&values) == nil && values != nil
}

// What no text can have that is read, values cannot have either.
func TestValuesAreBoundedAsTextsAre(t *testing.T) {
	t.Parallel()
	half := strings.Repeat("x", planformat.MaxBytes/2)
	for name, values := range map[string]map[string]any{
		"long texts": {"format_version": "1.2", "resource_changes": []any{}, "a": half, "b": []any{half}},
		"long names": {"format_version": "1.2", "resource_changes": []any{}, half: map[string]any{half: nil}},
	} {
		if _, err := planformat.Of("p", values); !kernel.Is(err, kernel.TooLarge) {
			t.Errorf("%s: %v", name, err)
		}
	}
	for deep, good := range map[int]bool{900: true, 1_100: false} {
		values, _ := decoded(`{"format_version":"1.0","values":{},"x":` + strings.Repeat(`{"a":[`, deep/2) + strings.Repeat("]}", deep/2) + "}")
		if _, err := planformat.Of("p", values); (err == nil) != good {
			t.Errorf("%d: %v", deep, err)
		}
	}
}

// A document has any number of mistakes, and not all of them are told.
func TestNotAllMistakesAreTold(t *testing.T) {
	t.Parallel()
	_, err := planformat.Read("p.json", []byte(`{"format_version":"1.2","resource_changes":[`+strings.Repeat("1,", 1000)+"1]}"))
	if e, ok := errors.AsType[*kernel.Error](err); !ok || len(e.Problems) != 5 {
		t.Errorf("got %v", err)
	}
}

// A plan says itself when it is not all that there is.
func TestWhatAPlanLeavesOutIsTold(t *testing.T) {
	t.Parallel()
	const deferred = `{"reason":"resource_config_unknown","resource_change":{"address":"a.later","type":"a","change":{"actions":["create"]}}}`
	for text, want := range map[string]string{
		`{"format_version":"1.2","resource_changes":[],"complete":true,"errored":false}`:                        "",
		`{"format_version":"1.2","resource_changes":[],"complete":false}`:                                       "not complete",
		`{"format_version":"1.2","resource_changes":[],"errored":true,"complete":false}`:                        "ended with an error",
		`{"format_version":"1.2","resource_changes":[],"complete":false,"deferred_changes":[` + deferred + `]}`: "a.later its change is deferred to another plan (its arguments are not known yet): what that will be is not in this one",
		`{"format_version":"1.2","planned_values":{"root_module":{"resources":[]}}}`:                            "no resource_changes",
		`{"format_version":"1.2","planned_values":{"root_module":{}}}`:                                          "",
		`{"format_version":"1.0"}`:             "the state is empty",
		`{"format_version":"1.0","values":{}}`: "",
		`{"version":4,"resources":[]}`:         "",
	} {
		d, err := planformat.Read("p.json", []byte(text))
		if err != nil {
			t.Fatal(err)
		}
		gaps := d.Gaps()
		if want == "" && len(gaps) > 0 || want != "" && (len(gaps) != 1 || !strings.Contains(strings.TrimSpace(gaps[0].Address+" "+gaps[0].Message), want)) {
			t.Errorf("%s: %+v", text, gaps)
		}
	}
	many, err := planformat.Read("p.json", []byte(`{"format_version":"1.2","resource_changes":[],"deferred_changes":[`+strings.Repeat(deferred+",", 99)+deferred+`]}`))
	if gaps := many.Gaps(); err != nil || len(gaps) != 21 || gaps[20].Message != "and 80 more are deferred" {
		t.Errorf("%v %v", gaps, err)
	}
}
