package planjson

import (
	"fmt"

	tfjson "github.com/hashicorp/terraform-json"
)

// prior keeps of prior_state what no change tells: the outputs, and the data sources
// that were read. It returns nil where that is no state.
func (d *decoder) prior() (*tfjson.State, error) {
	state := new(tfjson.State)
	err := d.object(func(name string) (err error) {
		switch name {
		case "format_version":
			err = d.text(&state.FormatVersion)
		case "terraform_version":
			err = d.text(&state.TerraformVersion)
		case "values":
			state.Values, err = d.priorValues()
		default:
			err = d.skip()
		}
		return err
	})
	if err != nil || state.FormatVersion == "" {
		return nil, err
	}
	if err := state.Validate(); err != nil {
		return nil, fmt.Errorf("read the prior state: %w", err)
	}
	return state, nil
}

func (d *decoder) text(into *string) error {
	if err := d.raw(); err != nil {
		return err
	}
	return d.into(into)
}

func (d *decoder) priorValues() (*tfjson.StateValues, error) {
	kept := new(tfjson.StateValues)
	return kept, d.object(func(name string) (err error) {
		switch name {
		case "outputs":
			kept.Outputs, err = d.outputs()
		case "root_module":
			kept.RootModule, err = d.sources()
		default:
			err = d.skip()
		}
		return err
	})
}

func (d *decoder) outputs() (map[string]*tfjson.StateOutput, error) {
	kept := map[string]*tfjson.StateOutput{}
	return kept, d.object(func(name string) error {
		output := new(tfjson.StateOutput)
		if err := d.decode(output); err != nil {
			return fmt.Errorf("read an output of the plan: %w", err)
		}
		values := map[string]any{"value": output.Value}
		d.trim(values)
		output.Value, kept[name] = values["value"], output
		return nil
	})
}

// sources is a module with its data sources, and with the modules in it that have some.
func (d *decoder) sources() (*tfjson.StateModule, error) {
	module := new(tfjson.StateModule)
	return module, d.object(func(name string) error {
		switch name {
		case "resources":
			return d.each(func() error { return d.source(module) })
		case "child_modules":
			return d.each(func() error {
				child, err := d.sources()
				if child.Resources != nil || child.ChildModules != nil {
					module.ChildModules = append(module.ChildModules, child)
				}
				return err
			})
		case "address":
			return d.text(&module.Address)
		default:
			return d.skip()
		}
	})
}

// source reads a resource, and keeps it where it is a data source.
func (d *decoder) source(module *tfjson.StateModule) error {
	var kind struct {
		Mode string `json:"mode"`
	}
	if err := d.decode(&kind); err != nil {
		return fmt.Errorf("read a resource of the plan: %w", err)
	}
	if kind.Mode != string(tfjson.DataResourceMode) {
		return nil
	}
	resource := new(tfjson.StateResource)
	if err := d.into(resource); err != nil {
		return fmt.Errorf("read a data source of the plan: %w", err)
	}
	d.trim(resource.AttributeValues)
	module.Resources = append(module.Resources, resource)
	return nil
}
