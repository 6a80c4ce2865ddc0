// Package planjson reads what `terraform show -json` tells of a plan, piece by
// piece: the plan of a stack whose state has 100 MB tells all of it four times.
//
// It owns what of a plan is kept. Of what a plan does not change it keeps all but
// long texts, of the prior state the outputs and the data sources, and nothing of
// planned resources: the changes tell the others already. It does not run the tool.
package planjson

import (
	"encoding/json"
	"fmt"
	"io"

	tfjson "github.com/hashicorp/terraform-json"

	"github.com/terrace-idp/terrace/internal/kernel"
)

const (
	// MaxChanges bounds the text of what a plan changes, in bytes.
	MaxChanges = 128 << 20
	// readAtOnce is how much is in memory beside the resource that is read.
	readAtOnce = 64 << 10
	// short is how long a text of an unchanged resource may be to be kept, in bytes.
	short = 4 << 10
	// MaxUnchanged bounds the lists and objects of unchanged resources that are longer
	// than that, all together, in bytes: those beyond it are left out.
	MaxUnchanged = 32 << 20
)

// Decode reads a plan. More than MaxChanges is TooLarge.
func Decode(r io.Reader) (*tfjson.Plan, error) {
	d := decoder{scanner: newScanner(r)}
	d.numbers = true
	if err := d.plan(); err != nil {
		return nil, err
	}
	plan, err := d.remaining()
	if err != nil {
		return nil, err
	}
	plan.ResourceChanges, plan.ResourceDrift, plan.PriorState, plan.Config = d.changes, d.drift, d.before, d.config
	withoutSecrets(plan)
	return plan, nil
}

// withoutSecrets leaves out the values of the root module's variables that are sensitive:
// nobody who looks at a plan needs them, and the tool does not mark them there.
func withoutSecrets(plan *tfjson.Plan) {
	if plan.Config == nil || plan.Config.RootModule == nil {
		return
	}
	for name, v := range plan.Config.RootModule.Variables {
		if v != nil && v.Sensitive {
			delete(plan.Variables, name)
		}
	}
}

type decoder struct {
	scanner

	changes, drift []*tfjson.ResourceChange
	before         *tfjson.State
	config         *tfjson.Config
	// rest are the members that are read at once, as the text of an object without its end.
	rest []byte
	size int64
	// same is how much is kept of the longer lists and objects of unchanged resources.
	same int
}

func (d *decoder) plan() error {
	return d.object(func(name string) (err error) {
		switch name {
		case "prior_state":
			d.before, err = d.prior()
		case "planned_values":
			err = d.planned()
		case "resource_changes":
			d.changes, err = d.list()
		case "resource_drift":
			d.drift, err = d.list()
		case "configuration":
			d.config, err = d.configuration()
		default:
			if err = d.raw(); err == nil {
				d.rest = member(d.rest, name, d.value)
			}
		}
		return err
	})
}

// member adds a member to the text of an object without its end.
func member(text []byte, name string, value []byte) []byte {
	before := byte(',')
	if len(text) == 0 {
		before = '{'
	}
	quoted, _ := json.Marshal(name) // a text always can be
	text = append(append(text, before), quoted...)
	return append(append(text, ':'), value...)
}

// remaining reads the members that are small, with the library's checks.
func (d *decoder) remaining() (*tfjson.Plan, error) {
	type members tfjson.Plan // without the library's way, which reads all twice
	plan := new(members)
	d.value = append(d.rest, '}')
	if len(d.rest) == 0 {
		d.value = []byte("{}")
	}
	if err := d.into(plan); err != nil {
		return nil, fmt.Errorf("read the plan: %w", err)
	}
	whole := (*tfjson.Plan)(plan)
	if err := whole.Validate(); err != nil {
		return nil, fmt.Errorf("read the plan: %w", err)
	}
	return whole, nil
}

// configuration reads the configuration, with its numbers as the library has them.
func (d *decoder) configuration() (*tfjson.Config, error) {
	type members tfjson.Config // without the library's way, which is much slower
	var config *members
	if err := d.raw(); err != nil {
		return nil, err
	}
	d.numbers = false
	defer func() { d.numbers = true }()
	if err := d.into(&config); err != nil {
		return nil, fmt.Errorf("read the configuration of the plan: %w", err)
	}
	return (*tfjson.Config)(config), nil
}

// planned keeps the outputs of planned_values.
func (d *decoder) planned() error {
	var kept []byte
	err := d.object(func(name string) error {
		if name != "outputs" {
			return d.skip()
		}
		if err := d.raw(); err != nil {
			return err
		}
		kept = member(kept, name, d.value)
		return nil
	})
	if kept == nil {
		kept = []byte("{")
	}
	d.rest = member(d.rest, "planned_values", append(kept, '}'))
	return err
}

func (d *decoder) list() (all []*tfjson.ResourceChange, err error) {
	return all, d.each(func() error {
		rc := new(tfjson.ResourceChange)
		if err := d.decode(rc); err != nil {
			return fmt.Errorf("read a change of the plan: %w", err)
		}
		all = append(all, rc)
		if unchanged(rc) {
			d.shorten(rc.Change)
			return nil
		}
		return d.count(int64(len(d.value)))
	})
}

func unchanged(rc *tfjson.ResourceChange) bool {
	return rc.Change != nil && rc.Change.Actions.NoOp() && rc.Change.Importing == nil && rc.PreviousAddress == ""
}

// shorten leaves out what nobody asks of an unchanged resource.
func (d *decoder) shorten(c *tfjson.Change) {
	c.Before, c.BeforeSensitive = nil, nil
	after, _ := c.After.(map[string]any)
	d.trim(after)
}

// trim leaves out long texts and, once they are too many, long lists and objects.
func (d *decoder) trim(values map[string]any) {
	withoutLong(values)
	for name, value := range values {
		n := length(value)
		if n <= short {
			continue
		}
		if d.same+n > MaxUnchanged {
			delete(values, name)
			continue
		}
		d.same += n
	}
}

// withoutLong takes the long texts out of a value, in place. In a list null stands
// for one, so that the others stay where they are.
func withoutLong(value any) {
	switch v := value.(type) {
	case []any:
		for i, inner := range v {
			if long(inner) {
				v[i] = nil
			}
			withoutLong(v[i])
		}
	case map[string]any:
		for name, inner := range v {
			if long(inner) {
				delete(v, name)
			}
			withoutLong(inner)
		}
	}
}

func long(value any) bool {
	text, ok := value.(string)
	return ok && len(text) > short
}

// length is about how long the text of a value is.
func length(value any) (n int) {
	switch v := value.(type) {
	case string:
		return len(v)
	case json.Number:
		return len(v)
	case []any:
		for _, inner := range v {
			n += 1 + length(inner)
		}
	case map[string]any:
		for name, inner := range v {
			n += len(name) + 1 + length(inner)
		}
	}
	return n
}

// raw takes a value that is kept.
func (d *decoder) raw() error {
	if err := d.take(); err != nil {
		return fmt.Errorf("read the plan: %w", err)
	}
	return d.count(int64(len(d.value)))
}

func (d *decoder) count(n int64) error {
	if d.size += n; d.size > MaxChanges {
		return kernel.Errorf(kernel.TooLarge, "what the plan changes is larger than %d MiB as JSON", MaxChanges>>20).
			WithFix("change less at once, with values that are not that long")
	}
	return nil
}
