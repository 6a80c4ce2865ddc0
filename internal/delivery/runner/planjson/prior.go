package planjson

import (
	"bytes"
	"encoding/json"
	"fmt"

	tfjson "github.com/hashicorp/terraform-json"
)

// prior keeps of prior_state what no change tells: the outputs, and the data sources
// that were read. It returns nil where that is no state.
func (d *decoder) prior() (*tfjson.State, error) {
	kept := map[string]any{}
	err := d.object(func(name string) (err error) {
		switch name {
		case "format_version", "terraform_version":
			kept[name], err = d.raw()
		case "values":
			kept[name], err = d.priorValues()
		default:
			err = d.skip()
		}
		return err
	})
	if err != nil || kept["format_version"] == nil {
		return nil, err
	}
	text, err := json.Marshal(kept)
	if err != nil {
		return nil, fmt.Errorf("read the prior state: %w", err)
	}
	state := new(tfjson.State)
	state.UseJSONNumber(true)
	if err := json.Unmarshal(text, state); err != nil {
		return nil, fmt.Errorf("read the prior state: %w", err)
	}
	return state, nil
}

func (d *decoder) priorValues() (map[string]any, error) {
	kept := map[string]any{}
	return kept, d.object(func(name string) (err error) {
		switch name {
		case "outputs":
			kept[name], err = d.outputs()
		case "root_module":
			kept[name], err = d.sources()
		default:
			err = d.skip()
		}
		return err
	})
}

func (d *decoder) outputs() (map[string]any, error) {
	kept := map[string]any{}
	return kept, d.object(func(name string) error {
		output := map[string]any{}
		if err := d.in.Decode(&output); err != nil {
			return fmt.Errorf("read an output of the plan: %w", err)
		}
		d.trim(output)
		kept[name] = output
		return nil
	})
}

// sources is a module with its data sources, and with the modules in it that have some.
func (d *decoder) sources() (map[string]any, error) {
	module := map[string]any{}
	var resources, children []any
	err := d.object(func(name string) error {
		switch name {
		case "resources":
			return d.each(func() error { return d.source(&resources) })
		case "child_modules":
			return d.each(func() error {
				child, err := d.sources()
				if child["resources"] != nil || child["child_modules"] != nil {
					children = append(children, child)
				}
				return err
			})
		default:
			raw, err := d.raw()
			module[name] = raw
			return err
		}
	})
	if len(resources) > 0 {
		module["resources"] = resources
	}
	if len(children) > 0 {
		module["child_modules"] = children
	}
	return module, err
}

// source reads a resource, and keeps it where it is a data source.
func (d *decoder) source(kept *[]any) error {
	var raw json.RawMessage
	if err := d.in.Decode(&raw); err != nil {
		return fmt.Errorf("read a resource of the plan: %w", err)
	}
	var kind struct {
		Mode string `json:"mode"`
	}
	if err := json.Unmarshal(raw, &kind); err != nil || kind.Mode != "data" {
		return err
	}
	in := json.NewDecoder(bytes.NewReader(raw))
	in.UseNumber()
	var resource map[string]any
	if err := in.Decode(&resource); err != nil {
		return fmt.Errorf("read a data source of the plan: %w", err)
	}
	if values, ok := resource["values"].(map[string]any); ok {
		d.trim(values)
	}
	*kept = append(*kept, resource)
	return nil
}

// each reads a list.
func (d *decoder) each(one func() error) error {
	if err := d.open('['); err != nil {
		return err
	}
	for d.in.More() {
		if err := one(); err != nil {
			return err
		}
	}
	_, err := d.in.Token()
	return err
}
