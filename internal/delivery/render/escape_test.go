package render_test

import (
	"testing"

	"github.com/hashicorp/hcl/v2"
	hcljson "github.com/hashicorp/hcl/v2/json"
	"github.com/zclconf/go-cty/cty"
	"golang.org/x/text/unicode/norm"
	"pgregory.net/rapid"

	"github.com/terrace-idp/terrace/internal/delivery/graph"
	"github.com/terrace-idp/terrace/internal/delivery/render"
	"github.com/terrace-idp/terrace/internal/delivery/workload"
)

// evaluate reads an argument of a module call as terraform does: the outputs of
// the module redis__orders_cache are known.
func evaluate(t interface{ Fatal(...any) }, root render.Root, module, argument string) cty.Value {
	file, diagnostics := hcljson.Parse(root.Files[render.MainFile], render.MainFile)
	if diagnostics.HasErrors() {
		t.Fatal(diagnostics)
	}
	content, _, diagnostics := file.Body.PartialContent(&hcl.BodySchema{Blocks: []hcl.BlockHeaderSchema{{Type: "module", LabelNames: []string{"name"}}}})
	if diagnostics.HasErrors() {
		t.Fatal(diagnostics)
	}
	for _, block := range content.Blocks {
		if block.Labels[0] != module {
			continue
		}
		attributes, diagnostics := block.Body.JustAttributes()
		if diagnostics.HasErrors() || attributes[argument] == nil {
			t.Fatal(diagnostics, argument)
		}
		value, diagnostics := attributes[argument].Expr.Value(&hcl.EvalContext{Variables: map[string]cty.Value{
			"module": cty.ObjectVal(map[string]cty.Value{"redis__orders_cache": cty.ObjectVal(map[string]cty.Value{
				"host": cty.StringVal("h${ost}"), "port": cty.NumberIntVal(6379),
				"labels": cty.MapVal(map[string]cty.Value{"a b": cty.StringVal("x"), "c": cty.StringVal("y")}),
			})}),
		}})
		if diagnostics.HasErrors() {
			t.Fatal(diagnostics)
		}
		return value
	}
	t.Fatal("no module " + module)
	return cty.NilVal
}

// anyText draws texts that are rich in what templates could mistake.
func anyText() *rapid.Generator[string] {
	return rapid.OneOf(
		rapid.String(),
		rapid.StringOf(rapid.SampledFrom([]rune("$%{}\"\\\n\r\t~ab.é\u0301\u0000#/*<"))),
		rapid.StringMatching(`[$%]{0,4}\{?~?(module\.x|if true|"a")?~?\}?[$%]{0,4}`),
	)
}

func TestTextsSurviveRendering(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		text, key := anyText().Draw(t, "text"), anyText().Draw(t, "key")
		in := small()
		in.Tags["note"] = text
		in.Workload.Containers["main"] = workload.Container{
			Name: "main", Image: ".", Args: []string{text},
			Variables: map[string]workload.Template{key: literal(text)},
		}
		in.Graph.Nodes[0].Inputs = map[string]any{"deep": map[string]any{key: []any{text}}}
		root, err := render.Render(in)
		if err != nil {
			t.Fatal(err)
		}
		want, wantKey := norm.NFC.String(text), norm.NFC.String(key)
		container := evaluate(t, root, "workload", "containers").GetAttr("main")
		for name, got := range map[string]cty.Value{
			"argument": container.GetAttr("args").Index(cty.NumberIntVal(0)),
			"variable": container.GetAttr("variables").GetAttr(wantKey),
			"tag":      evaluate(t, root, "workload", "tags").GetAttr("note"),
			"input":    evaluate(t, root, "redis__orders_cache", "deep").GetAttr(wantKey).Index(cty.NumberIntVal(0)),
		} {
			if got.AsString() != want {
				t.Fatalf("%s: wrote %q, terraform reads %q from\n%s", name, want, got.AsString(), root.Files[render.MainFile])
			}
		}
	})
}

func TestTextsAroundReferencesSurviveRendering(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		texts := rapid.SliceOfN(anyText(), 1, 4).Draw(t, "texts")
		var parts []workload.Part
		var nodeParts []graph.Part
		want := ""
		for i, text := range texts {
			if i > 0 {
				parts = append(parts, workload.Part{Ref: &workload.Ref{Resource: "cache", Output: "host"}})
				nodeParts = append(nodeParts, graph.Part{Node: "redis.default#orders.cache", Output: "host"})
				want += "h${ost}"
			}
			parts, nodeParts = append(parts, workload.Part{Literal: text}), append(nodeParts, graph.Part{Literal: text})
			want += text
		}
		in := small()
		in.Workload.Containers["main"] = workload.Container{
			Name: "main", Image: ".", Variables: map[string]workload.Template{"V": {Parts: parts}},
		}
		in.Graph.Nodes = append(in.Graph.Nodes, graph.Node{
			UID: "x.default#orders.x", Key: "x__orders_x", Type: "x", Name: "orders-x", Module: pin("x"),
			Inputs: map[string]any{"value": graph.Template{Parts: nodeParts}},
		})
		root, err := render.Render(in)
		if err != nil {
			t.Fatal(err)
		}
		want = norm.NFC.String(want)
		got := evaluate(t, root, "workload", "containers").GetAttr("main").GetAttr("variables").GetAttr("V")
		if got.AsString() != want {
			t.Fatalf("variable: wrote %q, terraform reads %q", want, got.AsString())
		}
		if got := evaluate(t, root, "x__orders_x", "value"); got.AsString() != want {
			t.Fatalf("input: wrote %q, terraform reads %q", want, got.AsString())
		}
	})
}
