package static_test

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/terrace-idp/terrace/internal/governance/cost"
	"github.com/terrace-idp/terrace/internal/governance/cost/static"
	"github.com/terrace-idp/terrace/internal/kernel"
)

func read(t *testing.T, files map[string]string, o static.Options) (*cost.Set, error) {
	t.Helper()
	dir := t.TempDir()
	for name, text := range files {
		path := filepath.Join(dir, name)
		if err := os.MkdirAll(filepath.Dir(path), 0o750); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	return static.Read(t.Context(), dir, o)
}

// told are values as flags give them.
func told(values map[string]string) static.Options {
	var o static.Options
	for name, value := range values {
		o.Given = append(o.Given, static.Given{Name: name, Value: value})
	}
	return o
}

func addresses(s *cost.Set) []string {
	var out []string
	for _, r := range s.Resources {
		out = append(out, r.Address)
	}
	slices.Sort(out)
	return out
}

const nested = `
variable "names" {
  type    = list(string)
  default = ["a", "b"]
}
locals { sizes = { a = 1, b = 2 } }
resource "azurerm_resource_group" "main" { location = "westeurope" }
module "disks" {
  source   = "./disks"
  for_each = toset(var.names)
  size     = local.sizes[each.key] * 100
  group    = azurerm_resource_group.main
}
resource "azurerm_lb" "x" {
  count    = length(var.names)
  location = module.disks["a"].where
  name     = format("lb-%02d", count.index)
  dynamic "frontend_ip_configuration" {
    for_each = var.names
    content { name = frontend_ip_configuration.value }
  }
}
resource "azurerm_lb_rule" "r" {
  loadbalancer_id = azurerm_lb.x[0].id
}
`

const child = `
variable "size" { type = number }
variable "group" {}
resource "azurerm_managed_disk" "d" {
  location            = var.group.location
  resource_group_name = var.group.name
  disk_size_gb        = var.size
}
output "where" { value = azurerm_managed_disk.d.location }
`

func TestModulesCountsAndBlocks(t *testing.T) {
	t.Parallel()
	s, err := read(t, map[string]string{"main.tf": nested, "disks/main.tf": child}, static.Options{})
	if err != nil {
		t.Fatal(err)
	}
	want := []string{"azurerm_lb.x[0]", "azurerm_lb.x[1]", "azurerm_lb_rule.r", "azurerm_resource_group.main", `module.disks["a"].azurerm_managed_disk.d`, `module.disks["b"].azurerm_managed_disk.d`}
	if got := addresses(s); !slices.Equal(got, want) {
		t.Fatalf("got %q", got)
	}
	for _, r := range s.Resources {
		switch r.Address {
		case "azurerm_lb.x[1]":
			v := cost.NewView(r.Values)
			if v.Str("name", "") != "lb-01" || v.Str("location", "") != "westeurope" || v.Len("frontend_ip_configuration") != 2 {
				t.Errorf("got %v", r.Values)
			}
		case `module.disks["b"].azurerm_managed_disk.d`:
			if cost.NewView(r.Values).Num("disk_size_gb", 0) != 200 {
				t.Errorf("got %v", r.Values)
			}
			if s.Related(r, "resource_group_name", "azurerm_resource_group") == nil {
				t.Errorf("the group is not found through the module: %v", r.Refs)
			}
		case "azurerm_lb_rule.r":
			if lb := s.Related(r, "loadbalancer_id", "azurerm_lb"); lb == nil || !r.Unknown["loadbalancer_id"] {
				t.Errorf("got %v, unknown %v", lb, r.Unknown)
			}
		}
	}
}

func TestVariablesAreTold(t *testing.T) {
	t.Parallel()
	files := map[string]string{
		"main.tf":          "variable \"n\" { default = 1 }\nresource \"azurerm_lb\" \"x\" { count = var.n }\n",
		"terraform.tfvars": "n = 2\n", "more.tfvars": "n = 3\n",
	}
	for want, o := range map[int]static.Options{
		2: {}, 3: {Given: []static.Given{{Name: "n", Value: "4"}, {File: "more.tfvars"}}}, 4: {Given: []static.Given{{File: "more.tfvars"}, {Name: "n", Value: "4"}}},
	} {
		s, err := read(t, files, o)
		if err != nil || len(s.Resources) != want {
			t.Errorf("got %d of %d: %v", len(s.Resources), want, err)
		}
	}
}

func TestMistakesHavePlaces(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct{ text, want string }{
		"no HCL":             {"resource \"a\" \"b\" {\n  x = \n}\n", "main.tf:2:"},
		"no text":            {strings.Repeat("m\x13,\xde\xd9\x1e?r\x1f\xcb\x19q\x17D\x9d\\4` \x1e\xb9", 100), "main.tf:1:"},
		"a count of a half":  {"resource \"azurerm_lb\" \"b\" {\n  count = 1.5\n}\n", "main.tf:2:11"},
		"too many instances": {"resource \"azurerm_lb\" \"b\" {\n  count = 1000000\n}\n", "main.tf:2:3"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			_, err := read(t, map[string]string{"main.tf": c.text}, static.Options{})
			if !kernel.Is(err, kernel.Invalid) {
				t.Fatalf("got %v", err)
			}
			if e, ok := err.(*kernel.Error); !ok || len(e.Problems) == 0 || !strings.Contains(e.Problems[0].String(), c.want) { //nolint:errorlint // Read returns it bare
				t.Errorf("got %+v", err)
			}
		})
	}
}

func TestWhatIsNotThere(t *testing.T) {
	t.Parallel()
	s, err := read(t, map[string]string{"main.tf": "module \"net\" {\n  source = \"Azure/network/azurerm\"\n}\nmodule \"gone\" {\n  source = \"./gone\"\n}\nresource \"azurerm_lb\" \"x\" {}\n"}, static.Options{})
	if err != nil {
		t.Fatal(err)
	}
	if len(s.Unread) != 2 || s.Unread[0].Address != "module.net" || !strings.Contains(s.Unread[1].Reason, "main.tf:4,") || len(s.Resources) != 1 {
		t.Errorf("unread %+v, resources %v", s.Unread, addresses(s))
	}
}

func TestFilesOutsideStayUnread(t *testing.T) {
	t.Parallel()
	s, err := read(t, map[string]string{"main.tf": "resource \"azurerm_lb\" \"x\" {\n  name = file(\"/etc/hostname\")\n  sku = file(\"../../secret\")\n}\n"}, static.Options{})
	if err != nil {
		t.Fatal(err)
	}
	if r := s.Resources[0]; r.Values["name"] != nil || r.Values["sku"] != nil || !r.Unknown["name"] {
		t.Errorf("got %v", r.Values)
	}
}
