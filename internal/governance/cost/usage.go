package cost

import (
	"errors"
	"fmt"
	"strings"

	"gopkg.in/yaml.v3"

	"github.com/terrace-idp/terrace/internal/kernel"
)

// maxUsage bounds a usage file, in bytes.
const maxUsage = 4 << 20

// Usage is what is expected of resources whose cost depends on use.
type Usage struct {
	resources map[string]map[string]any
	types     map[string]map[string]any
}

// ParseUsage reads a usage file: resource_usage by address (an index may be *),
// resource_type_default_usage by type.
func ParseUsage(path string, src []byte) (*Usage, error) {
	if len(src) > maxUsage {
		return nil, kernel.Errorf(kernel.Invalid, "%s is larger than %d MiB", path, maxUsage>>20)
	}
	var root yaml.Node
	if err := yaml.Unmarshal(src, &root); err != nil {
		return nil, kernel.Errorf(kernel.Invalid, "%s is no YAML: %w", path, err)
	}
	u := &Usage{resources: map[string]map[string]any{}, types: map[string]map[string]any{}}
	if len(root.Content) == 0 {
		return u, nil
	}
	err := eachPair(path, root.Content[0], func(key string, value *yaml.Node) error {
		switch key {
		case "resource_usage":
			return readUsage(path, value, u.resources)
		case "resource_type_default_usage":
			return readUsage(path, value, u.types)
		}
		return nil
	})
	return u, err
}

// readUsage reads addresses; one that is told twice keeps what it is told last.
func readUsage(path string, node *yaml.Node, into map[string]map[string]any) error {
	return eachPair(path, node, func(address string, value *yaml.Node) error {
		told := map[string]any{}
		if err := readObject(path, value, told, 0); err != nil {
			return err
		}
		if len(told) > 0 {
			into[address] = told
		}
		return nil
	})
}

func readObject(path string, node *yaml.Node, into map[string]any, depth int) error {
	if depth > 8 {
		return located(path, node, errors.New("is nested deeper than 8 levels"))
	}
	return eachPair(path, node, func(key string, value *yaml.Node) error {
		if value.Kind == yaml.MappingNode {
			inner := map[string]any{}
			into[key] = inner
			return readObject(path, value, inner, depth+1)
		}
		var v any
		if err := value.Decode(&v); err != nil {
			return located(path, value, err)
		}
		if text, ok := v.(string); ok {
			v = strings.ReplaceAll(text, "_", digitGap(text))
		}
		into[key] = v
		return nil
	})
}

// digitGap drops the underscores of 10_000, which YAML 1.2 reads as text.
func digitGap(text string) string {
	if strings.Trim(text, "0123456789_.") == "" {
		return ""
	}
	return "_"
}

func eachPair(path string, node *yaml.Node, do func(string, *yaml.Node) error) error {
	if node.Kind == yaml.ScalarNode && node.Tag == "!!null" {
		return nil
	}
	if node.Kind != yaml.MappingNode {
		return located(path, node, errors.New("is no mapping of keys to values"))
	}
	for i := 0; i+1 < len(node.Content); i += 2 {
		if err := do(node.Content[i].Value, node.Content[i+1]); err != nil {
			return err
		}
	}
	return nil
}

func located(path string, node *yaml.Node, err error) error {
	return kernel.Errorf(kernel.Invalid, "the usage file is not understood").WithProblems(kernel.Problem{
		File: path, Line: node.Line, Column: node.Column, Message: fmt.Sprintf("%q %s", node.Value, err),
	})
}

// Of returns what is told of a resource: of its type, overlaid with what is
// told of all its instances, overlaid with its own.
func (u *Usage) Of(r *Resource) View {
	if u == nil {
		return View{}
	}
	own, all, byType := u.resources[r.Address], u.all(r), u.types[r.Type]
	if all == nil && byType == nil {
		return View{values: own}
	}
	merged := map[string]any{}
	for _, layer := range []map[string]any{byType, all, own} {
		for k, v := range layer {
			merged[k] = v
		}
	}
	return View{values: merged}
}

func (u *Usage) all(r *Resource) map[string]any {
	if !strings.HasSuffix(r.Address, "]") {
		return nil
	}
	if i := strings.LastIndex(r.Address, "["); i > 0 {
		return u.resources[r.Address[:i]+"[*]"]
	}
	return nil
}
