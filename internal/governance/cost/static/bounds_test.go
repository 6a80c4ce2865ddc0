package static_test

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/terrace-idp/terrace/internal/governance/cost/static"
	"github.com/terrace-idp/terrace/internal/kernel"
)

// problem is the first mistake of a configuration that is not understood.
func problem(t *testing.T, files map[string]string) kernel.Problem {
	t.Helper()
	_, err := read(t, files, static.Options{})
	e, ok := errors.AsType[*kernel.Error](err)
	if !ok || e.Kind != kernel.Invalid || len(e.Problems) == 0 {
		t.Fatalf("got %+v", err)
	}
	return e.Problems[0]
}

// doubled are values that each line doubles.
func doubled(first, each string) string {
	var s strings.Builder
	fmt.Fprintf(&s, "locals {\n  a0 = %s\n", first)
	for i := range 60 {
		fmt.Fprintf(&s, "  a%d = %s\n", i+1, strings.ReplaceAll(each, "@", fmt.Sprintf("local.a%d", i)))
	}
	return s.String() + "}\n"
}

// Whatever a configuration makes of itself, its evaluation ends, with the place.
func TestEvaluationIsBounded(t *testing.T) {
	t.Parallel()
	if testing.Short() {
		t.Skip("it goes to the bounds, which takes a while")
	}
	thousand := "range(1000)"
	for name, text := range map[string]string{
		"lists in lists":       doubled(`["x"]`, "[@, @]"),
		"texts that grow":      doubled(`"xxxxxxxxxxxxxxxx"`, `"${@}${@}"`),
		"concat":               doubled(`["x"]`, "concat(@, @)"),
		"numbers that grow":    doubled("10", "@ * @"),
		"join":                 doubled(`"x"`, `join(@, ["", "", ""])`),
		"replace":              doubled(`"aa"`, `replace(@, "/a/", "aa")`),
		"jsonencode":           doubled(`"\\"`, `jsonencode(@)`),
		"loops in loops":       "locals {\n  a = [for a in " + thousand + " : [for b in " + thousand + " : [for c in " + thousand + " : c]]]\n}\n",
		"loops that keep none": "locals {\n  a = [for a in setproduct(range(400), range(400)) : a if length([for b in " + thousand + " : b]) == 1]\n}\n",
		"setproduct":           "locals {\n  a = setproduct(" + thousand + ", " + thousand + ")\n}\n",
		"a wide format":        "locals {\n  a = format(\"%1000000000d\", 1)\n}\n",
		"an indent":            "locals {\n  a = indent(1000000000, \"a\\nb\")\n}\n",
		"distinct":             "locals {\n  a = distinct(flatten([for a in range(6) : " + thousand + "]))\n}\n",
		"a template":           "locals {\n  a = templatefile(\"t.tpl\", {})\n}\n",
		"deep brackets":        "locals {\n  a = " + strings.Repeat("[", 100_000) + strings.Repeat("]", 100_000) + "\n}\n",
		"a long sum":           "locals {\n  a = (1\n" + strings.Repeat("+1\n", 100_000) + ")\n}\n",
		"an index of an index": "locals {\n  b = [1]\n  a = local.b" + strings.Repeat("[local.b[0]]", 100_000) + "\n}\n",
		"many negations":       "locals {\n  a = " + strings.Repeat("!", 100_000) + "true\n}\n",
		"a number without end": "locals {\n  a = \"${1e999999999}\"\n}\n",
		"a chain of locals":    chain(),
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			p := problem(t, map[string]string{"main.tf": text, "t.tpl": "%{ for a in range(1000) }%{ for b in range(1000) }%{ for c in range(1000) }x%{ endfor }%{ endfor }%{ endfor }"})
			if !strings.HasSuffix(p.File, "main.tf") && !strings.HasSuffix(p.File, "t.tpl") || p.Line == 0 || p.Column == 0 || p.Fix == "" {
				t.Errorf("no place, or nothing to do: %+v", p)
			}
		})
	}
}

func chain() string {
	var s strings.Builder
	s.WriteString("locals {\n  a0 = 1\n")
	for i := range 2000 {
		fmt.Fprintf(&s, "  a%d = local.a%d\n", i+1, i)
	}
	return s.String() + "  a = local.a2000\n}\n"
}

// What is large and not too large is evaluated.
func TestLargeConfigurationsAreEvaluated(t *testing.T) {
	t.Parallel()
	s, err := read(t, map[string]string{"main.tf": `
locals {
  names = [for n in range(100) : format("%05d", n)]
  rules = [for p in setproduct(local.names, ["a", "b"]) : { name = join("-", p), negative = [-1, -2] }]
}
resource "azurerm_lb" "x" {
  for_each = toset(local.names)
  name     = "${each.key}-${length(local.rules)}"
}
`}, static.Options{Time: time.Hour})
	if err != nil || len(s.Resources) != 100 || s.Resources[7].Values["name"] != "00007-200" {
		t.Errorf("%d resources: %v", len(s.Resources), err)
	}
}

// Reading ends with the context, whatever is evaluated then.
func TestReadingEndsWithTheContext(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	if err := os.WriteFile(filepath.Join(dir, "main.tf"), []byte("resource \"azurerm_lb\" \"x\" {}\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := static.Read(ctx, dir, static.Options{}); !errors.Is(err, context.Canceled) {
		t.Errorf("got %v", err)
	}
	_, err := static.Read(t.Context(), dir, static.Options{Time: -1})
	if e, ok := errors.AsType[*kernel.Error](err); !ok || !strings.Contains(e.Problems[0].Message, "takes longer") {
		t.Errorf("got %v", err)
	}
}

func TestMistakesOfAConfiguration(t *testing.T) {
	t.Parallel()
	module := map[string]string{"main.tf": "module \"m\" {\n  source = \"./m\"\n}\n"}
	for name, c := range map[string]struct {
		text, want string
		beside     map[string]string
	}{
		"a circle of locals":         {"locals {\n  a = local.b\n  b = local.a\n}\n", "main.tf:3:7: local.a depends on itself: local.a -> local.b -> local.a", nil},
		"a resource of itself":       {"resource \"azurerm_lb\" \"x\" {\n  name = azurerm_lb.x.id\n}\n", "depends on itself", nil},
		"a resource that is twice":   {"resource \"azurerm_lb\" \"x\" {}\nresource \"azurerm_lb\" \"x\" {}\n", "main.tf:2:1: azurerm_lb.x is declared twice, first at", nil},
		"a local that is twice":      {"locals {\n  a = 1\n}\nlocals {\n  a = 2\n}\n", "main.tf:5:3: local.a is declared twice", nil},
		"a variable that is not":     {"locals {\n  a = var.size\n}\n", "main.tf:2:7: var.size is not declared", nil},
		"a for_each of a list":       {"resource \"azurerm_lb\" \"x\" {\n  for_each = [\"a\"]\n}\n", "main.tf:2:14: for_each takes a map or a set", nil},
		"a module that calls itself": {"module \"m\" {\n  source = \"./m\"\n}\n", "m/main.tf:1:1: the module calls itself", map[string]string{"m/main.tf": "module \"n\" {\n  source = \"../m\"\n}\n"}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			files := maps.Clone(module)
			files["m/main.tf"] = "locals {}\n"
			maps.Copy(files, c.beside)
			files["main.tf"] = c.text
			if p := problem(t, files); !strings.Contains(p.String(), c.want) || p.Fix == "" {
				t.Errorf("got %s", p)
			}
		})
	}
}

// A number of instances that is not known is one, and is told.
func TestNumbersThatAreNotKnownAreAssumed(t *testing.T) {
	t.Parallel()
	s, err := read(t, map[string]string{"main.tf": `
variable "n" { type = number }
data "azurerm_subscriptions" "all" {}
resource "azurerm_lb" "x" {
  count = var.n
  dynamic "frontend_ip_configuration" {
    for_each = data.azurerm_subscriptions.all.subscriptions
    content { name = "x" }
  }
}
resource "azurerm_lb" "y" {
  for_each = toset(unheard_of(1))
}
resource "azurerm_lb" "z" {
  count = 2
}
`}, static.Options{})
	if err != nil || len(s.Resources) != 4 {
		t.Fatalf("%v %v", s, err)
	}
	var got []string
	for _, a := range s.Assumed {
		got = append(got, a.Address+" "+a.Attribute+" "+a.Reason)
		if !strings.Contains(a.Place, "main.tf:") {
			t.Errorf("no place: %+v", a)
		}
	}
	all := strings.Join(got, "\n")
	for _, want := range []string{"azurerm_lb.x count var.n is known after apply, or has no value", "azurerm_lb.x frontend_ip_configuration for_each", "azurerm_lb.y for_each Call to unknown function"} {
		if !strings.Contains(all, want) {
			t.Errorf("%q is not told in\n%s", want, all)
		}
	}
	if len(s.Assumed) != 3 {
		t.Errorf("got\n%s", all)
	}
}

func TestFilesThatCannotBeRead(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		make func(path string) error
		want string
	}{
		"a link to nothing":  {func(p string) error { return os.Symlink("nothing", p) }, "is not there"},
		"a link outside":     {func(p string) error { return os.Symlink("/etc/hostname", p) }, "leads out of the folder"},
		"a link to a folder": {func(p string) error { return os.Symlink(".", p) }, "is no file"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			dir := t.TempDir()
			if err := c.make(filepath.Join(dir, "main.tf")); err != nil {
				t.Fatal(err)
			}
			_, err := static.Read(t.Context(), dir, static.Options{})
			if e, ok := errors.AsType[*kernel.Error](err); !ok || len(e.Problems) != 1 || !strings.Contains(e.Problems[0].String(), c.want) {
				t.Errorf("got %+v", err)
			}
		})
	}
}

func TestOverridesReplace(t *testing.T) {
	t.Parallel()
	s, err := read(t, map[string]string{
		"main.tf":             "resource \"azurerm_lb\" \"x\" {\n  sku = \"Basic\"\n  name = \"x\"\n}\n",
		"override.tf":         "resource \"azurerm_lb\" \"x\" {\n  sku = \"Standard\"\n}\n",
		"my_override.tf.json": `{"resource": {"azurerm_lb": {"x": {"location": "eastus"}}}}`,
	}, static.Options{})
	if err != nil || s.Resources[0].Values["location"] != "eastus" || len(s.Resources) != 1 || s.Resources[0].Values["sku"] != "Standard" || s.Resources[0].Values["name"] != "x" {
		t.Fatalf("%+v %v", s, err)
	}
}
