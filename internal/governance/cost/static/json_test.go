package static_test

import (
	"encoding/json"
	"strings"
	"testing"

	"github.com/terrace-idp/terrace/internal/governance/cost/static"
)

const inHCL = `variable "names" {
  type    = list(string)
  default = ["a", "b"]
}
variable "size" {
  type    = number
  default = "64"
  validation {
    condition     = var.size > 0
    error_message = "above zero"
  }
}
locals {
  where = "West ${local.continent}"
  continent = "Europe"
}
resource "azurerm_managed_disk" "d" {
  for_each     = toset(var.names)
  name         = "disk-${each.key}"
  location     = local.where
  disk_size_gb = var.size * 2
  tags         = { of = each.value }
  literal      = "$${x} %%{y}"
  lifecycle {
    prevent_destroy = true
  }
}
resource "azurerm_lb" "x" {
  count    = length(var.names)
  location = azurerm_managed_disk.d["a"].location
  dynamic "frontend_ip_configuration" {
    for_each = var.names
    iterator = front
    content { name = front.value }
  }
}
module "m" {
  source = "./m"
  size   = 3
}
`

const inJSON = `{
  "//": "as above",
  "variable": {
    "names": {"type": "list(string)", "default": ["a", "b"]},
    "size": [{"type": "number", "default": "64", "validation": {"condition": "${var.size > 0}", "error_message": "above zero"}}]
  },
  "locals": {"where": "West ${local.continent}", "continent": "Europe"},
  "resource": [
    {"azurerm_managed_disk": {"d": {
      "for_each": "${toset(var.names)}", "name": "disk-${each.key}", "location": "${local.where}", "disk_size_gb": "${var.size * 2}",
      "tags": {"of": "${each.value}"}, "literal": "$${x} %%{y}", "lifecycle": {"prevent_destroy": true}
    }}},
    {"azurerm_lb": {"x": {
      "count": "${length(var.names)}", "location": "${azurerm_managed_disk.d[\"a\"].location}",
      "dynamic": {"frontend_ip_configuration": [{"for_each": "${var.names}", "iterator": "front", "content": [{"name": "${front.value}"}]}]}
    }}}
  ],
  "module": {"m": {"source": "./m", "size": 3}}
}`

// A configuration in JSON is the same as one in HCL.
func TestAConfigurationInJSONIsRead(t *testing.T) {
	t.Parallel()
	of := func(name, text, childName, child string, o static.Options) string {
		s, err := read(t, map[string]string{name: text, "m/" + childName: child}, o)
		if err != nil {
			t.Fatalf("%v: %s", err, problems(err))
		}
		found := map[string]any{}
		for _, r := range s.Resources {
			found[r.Address] = []any{r.Values, r.Refs}
		}
		written, _ := json.Marshal(found)
		return string(written)
	}
	const child, childJSON = `variable "size" {}
resource "azurerm_managed_disk" "c" { disk_size_gb = var.size }
`, `{"variable": {"size": {}}, "resource": {"azurerm_managed_disk": {"c": {"disk_size_gb": "${var.size}"}}}}`
	for _, o := range []static.Options{{}, told(map[string]string{"size": "8", "names": `["z", "a"]`})} {
		want := of("main.tf", inHCL, "main.tf", child, o)
		if got := of("main.tf.json", inJSON, "main.tf.json", childJSON, o); got != want {
			t.Errorf("got  %s\nwant %s", got, want)
		}
	}
	_, err := read(t, map[string]string{"main.tf.json": inJSON, "m/main.tf": child}, told(map[string]string{"size": "-1"}))
	if !strings.Contains(problems(err), "above zero") {
		t.Errorf("%v", err)
	}
}

func TestMistakesInJSONHavePlaces(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct{ text, want string }{
		"a comma too many":        {"{\n  \"locals\": {},\n}", "main.tf.json:"},
		"what breaks off":         {"{\n  \"locals\": {\"a\": [", "main.tf.json:2:"},
		"something behind":        {"{}\n{}", "main.tf.json:2:"},
		"a list of texts":         {`["a"]`, "main.tf.json:1:5: an object is needed here"},
		"a block that is none":    {`{"resorce": {}}`, "main.tf.json:1:11: a configuration has no resorce"},
		"a label too few":         {`{"resource": {"azurerm_lb": "x"}}`, "an object is needed here"},
		"a template that is none": {"{\"locals\": {\n \"a\": \"${\"}}", "main.tf.json:2:"},
		"what is not declared":    {`{"resource": {"azurerm_lb": {"x": {"name": "${var.gone}"}}}}`, "var.gone is not declared"},
		"an argument twice":       {`{"resource": {"azurerm_lb": {"x": {"name": "a", "name": "b"}}}}`, "name is given twice"},
		"deep":                    {`{"locals": {"a": ` + strings.Repeat("[", 1<<20) + `}}`, "nested deeper than 200 levels"},
		"a deep template":         {`{"locals": {"a": "${` + strings.Repeat("(", 5000) + `"}}`, "nested too deep"},
		"a long number":           {`{"locals": {"a": ` + strings.Repeat("9", 5000) + `}}`, "the number has too many digits"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			_, err := read(t, map[string]string{"main.tf.json": c.text}, static.Options{})
			if !strings.Contains(problems(err), c.want) {
				t.Errorf("got %v: %s", err, problems(err))
			}
		})
	}
}

// What is no configuration is told: nothing would be estimated of it.
func TestBlocksThatAreNoneAreRefused(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{
		"resorce \"a\" \"b\" {\n}\n":                                "main.tf:1:1: a configuration has no block resorce",
		"resource \"a\" {\n}\n":                                     "main.tf:1:1: the block resource takes 2 labels, and has 1",
		"locals \"a\" {\n}\n":                                       "the block locals takes 0 labels, and has 1",
		"x = 1\n":                                                   "main.tf:1:1: a configuration has no argument x",
		"resource \"a\" \"b\" {\n  count = null\n}\n":               "main.tf:2:11: count is null",
		"resource \"a\" \"b\" {\n  for_each = null\n}\n":            "main.tf:2:14: for_each is null",
		"resource \"a\" \"b\" {\n  for_each = {}\n  count = 1\n}\n": "a.b has count and for_each",
	} {
		_, err := read(t, map[string]string{"main.tf": text}, static.Options{})
		if !strings.Contains(problems(err), want) {
			t.Errorf("%q: %v: %s", text, err, problems(err))
		}
	}
	if _, err := read(t, map[string]string{"main.tf": "terraform {}\nprovider \"a\" {}\ncheck \"a\" {}\nmoved {}\nimport {}\nremoved {}\nephemeral \"a\" \"b\" {}\n"}, static.Options{}); err != nil {
		t.Errorf("%v: %s", err, problems(err))
	}
}
