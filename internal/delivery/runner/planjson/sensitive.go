package planjson

import (
	"fmt"
	"io"

	"github.com/terrace-idp/terrace/internal/platform/conceal"
)

// Sensitive reads what `show -json` tells of a plan or a state, and adds the values that
// it marks sensitive.
func Sensitive(r io.Reader, into *conceal.Values) error {
	s := newScanner(r)
	m := marks{&s, into}
	return m.object(func(name string) error {
		switch name {
		case "resource_changes", "resource_drift":
			return m.each(m.resourceChange)
		case "action_invocations":
			return m.each(m.change)
		case "output_changes":
			return m.object(func(string) error { return m.change() })
		case "values":
			return m.object(m.values)
		default:
			return m.skip()
		}
	})
}

// marks goes through marked values.
type marks struct {
	*scanner

	into *conceal.Values
}

// marked is a change, an action that is called, or a resource or an output of a state.
type marked struct {
	Before          any `json:"before"`
	After           any `json:"after"`
	BeforeSensitive any `json:"before_sensitive"`
	AfterSensitive  any `json:"after_sensitive"`
	Values          any `json:"values"`
	SensitiveValues any `json:"sensitive_values"`
	ConfigValues    any `json:"config_values"`
	ConfigSensitive any `json:"config_sensitive"`
	Value           any `json:"value"`
	Sensitive       any `json:"sensitive"`
}

func (m marks) change() error {
	var c marked
	if err := m.decode(&c); err != nil {
		return fmt.Errorf("read what is sensitive: %w", err)
	}
	m.into.AddMarked(c.Before, c.BeforeSensitive)
	m.into.AddMarked(c.After, c.AfterSensitive)
	m.into.AddMarked(c.Values, c.SensitiveValues)
	m.into.AddMarked(c.ConfigValues, c.ConfigSensitive)
	m.into.AddMarked(c.Value, c.Sensitive)
	return nil
}

func (m marks) resourceChange() error {
	return m.object(func(name string) error {
		if name == "change" {
			return m.change()
		}
		return m.skip()
	})
}

// values are those of a state.
func (m marks) values(name string) error {
	switch name {
	case "outputs":
		return m.object(func(string) error { return m.change() })
	case "root_module":
		return m.module()
	default:
		return m.skip()
	}
}

func (m marks) module() error {
	return m.object(func(name string) error {
		switch name {
		case "resources":
			return m.each(m.change)
		case "child_modules":
			return m.each(m.module)
		default:
			return m.skip()
		}
	})
}
