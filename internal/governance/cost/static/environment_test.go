package static_test

import (
	"strings"
	"testing"

	"github.com/terrace-idp/terrace/internal/governance/cost"
	"github.com/terrace-idp/terrace/internal/governance/cost/static"
)

// Each of these gives the name another value; of those that are there, the last counts.
func TestValuesCountInTerraformsOrder(t *testing.T) {
	t.Parallel()
	files := map[string]string{"main.tf": typed}
	o := static.Options{Environment: []string{"TF_VAR_text=environment", "TF_VAR_other=x", "text=nothing"}}
	for _, step := range []struct{ file, text, want string }{
		{"", "", "environment"},
		{"terraform.tfvars", "text = \"tfvars\"\n", "tfvars"},
		{"terraform.tfvars.json", `{"text": "json"}`, "json"},
		{"a.auto.tfvars", "text = \"auto\"\n", "auto"},
		{"b.auto.tfvars.json", `{"text": "auto of JSON"}`, "auto of JSON"},
	} {
		if step.file != "" {
			files[step.file] = step.text
		}
		if got := nameOf(t, files, o); got != step.want {
			t.Errorf("with %s: %q counts, and %q should", step.file, got, step.want)
		}
	}
	files["given.tfvars"], files["given.json"] = "text = \"given\"\n", `{"text": "given in JSON"}`
	for want, list := range map[string][]static.Given{
		"flag":          {{File: "given.tfvars"}, {Name: "text", Value: "flag"}},
		"given":         {{Name: "text", Value: "flag"}, {File: "given.tfvars"}},
		"given in JSON": {{File: "given.tfvars"}, {File: "given.json"}},
	} {
		o.Given = list
		if got := nameOf(t, files, o); got != want {
			t.Errorf("%v: %q counts, and %q should", list, got, want)
		}
	}
}

func nameOf(t *testing.T, files map[string]string, o static.Options) string {
	t.Helper()
	s, err := read(t, files, o)
	if err != nil {
		t.Fatal(err, problems(err))
	}
	return cost.NewView(s.Resources[0].Values).Str("name", "")
}

// Values of the environment are read by the variable's type, and told by their name.
func TestValuesOfTheEnvironmentHaveTheVariablesType(t *testing.T) {
	t.Parallel()
	files := map[string]string{"main.tf": typed}
	s, err := read(t, files, static.Options{Environment: []string{`TF_VAR_names=["a", "b", "c"]`, "TF_VAR_size=128", "TF_VAR_text=[1"}})
	if err != nil || len(s.Resources) != 3 || s.Resources[0].Values["disk_size_gb"] != 128.0 || s.Resources[0].Values["name"] != "[1" {
		t.Errorf("got %+v, %v: %s", s, err, problems(err))
	}
	for value, want := range map[string]string{
		"TF_VAR_names=[": "TF_VAR_names: the value is not understood", "TF_VAR_size=much": "TF_VAR_size: the value is none for the variable size",
		"TF_VAR_size=-1": "TF_VAR_size: the value of the variable size is refused: A disk has a size above zero.", "TF_VAR_size=": "TF_VAR_size: the value is none",
	} {
		_, err := read(t, files, static.Options{Environment: []string{value}})
		if said := problems(err); !strings.Contains(said, want) {
			t.Errorf("%s: got %v: %s", value, err, said)
		}
	}
}

// The workspace is the one that terraform would plan for.
func TestTheWorkspaceIsTheOneThatIsSelected(t *testing.T) {
	t.Parallel()
	files := map[string]string{"main.tf": "resource \"azurerm_lb\" \"x\" {\n  name = terraform.workspace\n}\n"}
	if got := nameOf(t, files, static.Options{}); got != "default" {
		t.Errorf("got %q", got)
	}
	files[".terraform/environment"] = "prod"
	if got := nameOf(t, files, static.Options{}); got != "prod" {
		t.Errorf("got %q", got)
	}
	if got := nameOf(t, files, static.Options{Environment: []string{"TF_WORKSPACE=test"}}); got != "test" {
		t.Errorf("got %q", got)
	}
}
