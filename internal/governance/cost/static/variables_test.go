package static_test

import (
	"errors"
	"strings"
	"testing"

	"github.com/terrace-idp/terrace/internal/governance/cost"
	"github.com/terrace-idp/terrace/internal/governance/cost/static"
	"github.com/terrace-idp/terrace/internal/kernel"
)

const typed = `variable "size" {
  type    = number
  default = 64
  validation {
    condition     = var.size > 0
    error_message = "A disk has a size above zero."
  }
}
variable "names" {
  type    = list(string)
  default = ["a"]
}
variable "text" { default = "x" }
resource "azurerm_managed_disk" "d" {
  for_each     = toset(var.names)
  name         = var.text
  disk_size_gb = var.size
}
`

func problems(err error) string {
	e, ok := errors.AsType[*kernel.Error](err)
	if !ok {
		return ""
	}
	var all []string
	for _, p := range e.Problems {
		all = append(all, p.String())
	}
	return strings.Join(all, "\n")
}

// Values are converted by the variable's type, and refused where they are written.
func TestValuesThatAVariableDoesNotTakeAreRefused(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		values map[string]string
		files  map[string]string
		want   string
	}{
		"a flag without a variable":     {values: map[string]string{"szie": "4"}, want: "--var szie: the configuration has no variable szie"},
		"text for a number":             {values: map[string]string{"size": "abc"}, want: "--var size: the value is none for the variable size: a number is required"},
		"what a rule refuses":           {values: map[string]string{"size": "-5"}, want: "--var size: the value of the variable size is refused: A disk has a size above zero."},
		"a list that breaks off":        {values: map[string]string{"names": `["a"`}, want: "--var names: the value is not understood"},
		"text for a list":               {values: map[string]string{"names": `"a"`}, want: "--var names: the value is none for the variable names"},
		"a wrong value in a file":       {files: map[string]string{"terraform.tfvars": "text = \"y\"\nsize = \"abc\"\n"}, want: "terraform.tfvars:2:8: the value is none for the variable size"},
		"what a rule refuses in a file": {files: map[string]string{"a.auto.tfvars": "size = 0\n"}, want: "a.auto.tfvars:1:8: the value of the variable size is refused"},
		"a wrong value in JSON":         {files: map[string]string{"terraform.tfvars.json": "{\n  \"size\": \"abc\"\n}"}, want: "terraform.tfvars.json:2:11: the value is none for the variable size"},
		"a block in a file of values":   {files: map[string]string{"terraform.tfvars": "size {\n}\n"}, want: "terraform.tfvars:1:1: a file of values has no blocks"},
		"a default of another type":     {files: map[string]string{"more.tf": "variable \"n\" {\n  type = number\n  default = \"abc\"\n}\n"}, want: "more.tf:3:13: the value is none for the variable n"},
		"what is no type":               {files: map[string]string{"more.tf": "variable \"n\" {\n  type = nummer\n}\n"}, want: "more.tf:2:10: this is no type"},
		"an argument without a variable": {
			files: map[string]string{"more.tf": "module \"m\" {\n  source = \"./m\"\n  size = 1\n}\n", "m/main.tf": "locals { x = 1 }\n"},
			want:  "more.tf:3:3: module.m has no variable size",
		},
		"a variable without an argument": {
			files: map[string]string{"more.tf": "module \"m\" {\n  source = \"./m\"\n}\n", "m/main.tf": "variable \"size\" {}\n"},
			want:  "more.tf:1:1: module.m needs the variable size",
		},
		"an argument of another type": {
			files: map[string]string{"more.tf": "module \"m\" {\n  source = \"./m\"\n  size = [1]\n}\n", "m/main.tf": "variable \"size\" { type = number }\n"},
			want:  "more.tf:3:10: the value is none for the variable size",
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			files := map[string]string{"main.tf": typed}
			for k, v := range c.files {
				files[k] = v
			}
			_, err := read(t, files, told(c.values))
			if said := problems(err); !strings.Contains(said, c.want) {
				t.Errorf("got %v: %s", err, said)
			}
		})
	}
}

func TestValuesAreConvertedByTheVariablesType(t *testing.T) {
	t.Parallel()
	s, err := read(t, map[string]string{
		"main.tf": typed, "terraform.tfvars": "size = 1\ngone = 2\n", "terraform.tfvars.json": `{"size": 2}`, "x.auto.tfvars.json": `{"size": "512", "lost": {}}`,
	}, told(map[string]string{"text": "010", "names": `["a", "b"]`}))
	if err != nil {
		t.Fatal(err, problems(err))
	}
	if len(s.Resources) != 2 {
		t.Fatalf("got %v", addresses(s))
	}
	v := cost.NewView(s.Resources[0].Values)
	if v.Str("name", "") != "010" || v.Get("disk_size_gb") != 512.0 {
		t.Errorf("got %v", s.Resources[0].Values)
	}
	if len(s.Warnings) != 2 || s.Warnings[0].Line != 2 || !strings.Contains(s.Warnings[1].String(), "x.auto.tfvars.json:1:17: there is no variable lost") {
		t.Errorf("got %v", s.Warnings)
	}
}

// Null is a value of its own, unless the variable says otherwise.
func TestNullIsTheDefaultOnlyWhereAVariableSaysSo(t *testing.T) {
	t.Parallel()
	const child = "variable \"a\" {\n  default = \"x\"\n}\nvariable \"b\" {\n  default  = \"x\"\n  nullable = false\n}\nresource \"azurerm_lb\" \"l\" {\n  name = var.a == null ? \"none\" : var.a\n  sku  = var.b\n}\n"
	s, err := read(t, map[string]string{"main.tf": "module \"m\" {\n  source = \"./m\"\n  a = null\n  b = null\n}\n", "m/main.tf": child}, static.Options{})
	if err != nil {
		t.Fatal(err)
	}
	if v := cost.NewView(s.Resources[0].Values); v.Str("name", "") != "none" || v.Str("sku", "") != "x" {
		t.Errorf("got %v", s.Resources[0].Values)
	}
}

func TestValuesInJSONDoNotNestDeeperThanTheyMay(t *testing.T) {
	t.Parallel()
	deep := `{"text": ` + strings.Repeat("[", 1<<20) + strings.Repeat("]", 1<<20) + `}`
	_, err := read(t, map[string]string{"main.tf": typed, "terraform.tfvars.json": deep}, static.Options{})
	if !strings.Contains(problems(err), "nested deeper than 200 levels") {
		t.Errorf("got %v", err)
	}
}

// What is known with the run only is no mistake: rules that ask for it refuse nothing.
func TestRulesOfValuesThatAreNotKnownRefuseNothing(t *testing.T) {
	t.Parallel()
	const rules = `variable "when" {
  default = "2026-01-01T00:00:00Z"
  validation {
    condition     = can(timestamp()) && timecmp(var.when, "2027-01-01T00:00:00Z") < 0
    error_message = "It is too late."
  }
  validation {
    condition     = can(fileset(path.module, "*.txt"))
    error_message = "There are no files."
  }
}
`
	if _, err := read(t, map[string]string{"main.tf": rules}, static.Options{}); err != nil {
		t.Errorf("%v: %s", err, problems(err))
	}
	_, err := read(t, map[string]string{"main.tf": strings.ReplaceAll(rules, "can(timestamp()) &&", "")}, told(map[string]string{"when": "2028-01-01T00:00:00Z"}))
	if !strings.Contains(problems(err), "It is too late.") {
		t.Errorf("got %v", err)
	}
}
