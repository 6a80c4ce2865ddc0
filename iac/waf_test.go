package iac_test

import (
	"os"
	"strings"
	"testing"

	"github.com/hashicorp/hcl/v2"
	"github.com/hashicorp/hcl/v2/hclsyntax"
)

// TestOneShapeOfFirewallPolicies: Terraform has no types that variables share, so that the
// shape of a firewall policy stands in three of them, in two of these twice. Each has the
// fields and the defaults of the others.
func TestOneShapeOfFirewallPolicies(t *testing.T) {
	t.Parallel()
	shapes := map[string]string{}
	for file, variable := range map[string]string{
		"modules/waf-gateway/variables.waf.tf": "waf", "modules/waf-gateway/variables.sites.tf": "sites", "variables.gateway.tf": "gateway_sites",
	} {
		source, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		of := typeOf(t, file, source, variable)
		if variable == "waf" {
			shapes[variable] = plain(of.Range().SliceBytes(source))
			continue
		}
		shapes[variable+".waf"] = plain(within(t, of, "waf").Range().SliceBytes(source))
		shapes[variable+".paths.waf"] = plain(within(t, within(t, of, "paths"), "waf").Range().SliceBytes(source))
	}
	if len(shapes) != 5 || !strings.Contains(shapes["waf"], "request_body_enforcement") {
		t.Fatalf("the shapes are not where they were: %v", shapes)
	}
	for at, shape := range shapes {
		if shape != shapes["waf"] {
			t.Errorf("the shape of %s is not that of the variable waf:\n%s\n%s", at, shape, shapes["waf"])
		}
	}
}

// typeOf is the object of a variable's type.
func typeOf(t *testing.T, file string, source []byte, variable string) *hclsyntax.ObjectConsExpr {
	t.Helper()
	parsed, diagnostics := hclsyntax.ParseConfig(source, file, hcl.InitialPos)
	if diagnostics.HasErrors() {
		t.Fatal(diagnostics)
	}
	for _, block := range parsed.Body.(*hclsyntax.Body).Blocks { //nolint:forcetypeassert // as hclsyntax parses it
		if block.Type == "variable" && block.Labels[0] == variable {
			return object(t, block.Body.Attributes["type"].Expr)
		}
	}
	t.Fatalf("%s has no variable %s", file, variable)
	return nil
}

// within is the object that a field is of.
func within(t *testing.T, of *hclsyntax.ObjectConsExpr, field string) *hclsyntax.ObjectConsExpr {
	t.Helper()
	for _, item := range of.Items {
		if hcl.ExprAsKeyword(item.KeyExpr) == field {
			return object(t, item.ValueExpr)
		}
	}
	t.Fatalf("there is no field %s", field)
	return nil
}

// object takes optional, map and object away.
func object(t *testing.T, expr hclsyntax.Expression) *hclsyntax.ObjectConsExpr {
	t.Helper()
	for {
		switch e := expr.(type) {
		case *hclsyntax.ObjectConsExpr:
			return e
		case *hclsyntax.FunctionCallExpr:
			expr = e.Args[0]
		default:
			t.Fatalf("%T is no type of an object", expr)
		}
	}
}

// plain takes away how the lines are broken.
func plain(source []byte) string { return strings.Join(strings.Fields(string(source)), " ") }
