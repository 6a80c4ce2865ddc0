// Package planjson reads what `terraform show -json` tells of a plan, piece by
// piece: the plan of a stack whose state has 100 MB tells all of it four times.
//
// It owns what of a plan is kept. Of what a plan does not change it keeps all but
// long texts, of the prior state the outputs and the data sources, and nothing of
// planned resources: the changes tell the others already. It does not run the tool.
package planjson

import (
	"bufio"
	"encoding/json"
	"errors"
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
	d := decoder{in: json.NewDecoder(bufio.NewReaderSize(r, readAtOnce)), rest: map[string]json.RawMessage{}}
	d.in.UseNumber()
	if err := d.plan(); err != nil {
		return nil, err
	}
	plan, err := d.remaining()
	if err != nil {
		return nil, err
	}
	plan.ResourceChanges, plan.ResourceDrift, plan.PriorState = d.changes, d.drift, d.before
	return plan, nil
}

type decoder struct {
	in             *json.Decoder
	changes, drift []*tfjson.ResourceChange
	before         *tfjson.State
	// rest are the members that are read at once, by name.
	rest map[string]json.RawMessage
	size int64
	// same is how much is kept of the longer lists and objects of unchanged resources.
	same int
}

func (d *decoder) plan() error {
	return d.object(func(name string) (err error) {
		switch name {
		case "prior_state":
			d.before, err = d.prior()
			return err
		case "planned_values":
			d.rest[name], err = d.planned()
			return err
		case "resource_changes":
			d.changes, err = d.list()
			return err
		case "resource_drift":
			d.drift, err = d.list()
			return err
		default:
			d.rest[name], err = d.raw()
			return err
		}
	})
}

// remaining reads the members that are small, with the library's checks.
func (d *decoder) remaining() (*tfjson.Plan, error) {
	text, err := json.Marshal(d.rest)
	if err != nil {
		return nil, fmt.Errorf("read the plan: %w", err)
	}
	plan := new(tfjson.Plan)
	plan.UseJSONNumber(true)
	if err := json.Unmarshal(text, plan); err != nil {
		return nil, fmt.Errorf("read the plan: %w", err)
	}
	return plan, nil
}

// planned keeps the outputs of planned_values.
func (d *decoder) planned() (json.RawMessage, error) {
	kept := map[string]json.RawMessage{}
	err := d.object(func(name string) (err error) {
		if name != "outputs" {
			return d.skip()
		}
		kept[name], err = d.raw()
		return err
	})
	if err != nil {
		return nil, err
	}
	return json.Marshal(kept)
}

func (d *decoder) list() ([]*tfjson.ResourceChange, error) {
	if err := d.open('['); err != nil {
		return nil, err
	}
	var all []*tfjson.ResourceChange
	for d.in.More() {
		from := d.in.InputOffset()
		rc := new(tfjson.ResourceChange)
		if err := d.in.Decode(rc); err != nil {
			return nil, fmt.Errorf("read a change of the plan: %w", err)
		}
		all = append(all, rc)
		if unchanged(rc) {
			d.shorten(rc.Change)
			continue
		}
		if err := d.count(d.in.InputOffset() - from); err != nil {
			return nil, err
		}
	}
	_, err := d.in.Token()
	return all, err
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

func (d *decoder) raw() (json.RawMessage, error) {
	var raw json.RawMessage
	if err := d.in.Decode(&raw); err != nil {
		return nil, fmt.Errorf("read the plan: %w", err)
	}
	return raw, d.count(int64(len(raw)))
}

func (d *decoder) count(n int64) error {
	if d.size += n; d.size > MaxChanges {
		return kernel.Errorf(kernel.TooLarge, "what the plan changes is larger than %d MiB as JSON", MaxChanges>>20).
			WithFix("change less at once, with values that are not that long")
	}
	return nil
}

func (d *decoder) object(each func(name string) error) error {
	if err := d.open('{'); err != nil {
		return err
	}
	for d.in.More() {
		token, err := d.in.Token()
		if err != nil {
			return fmt.Errorf("read the plan: %w", err)
		}
		name, _ := token.(string) // the decoder knows nothing else here
		if err := each(name); err != nil {
			return err
		}
	}
	_, err := d.in.Token()
	return err
}

func (d *decoder) open(want json.Delim) error {
	got, err := d.in.Token()
	if err == nil && got != want {
		err = errors.New("it has another shape")
	}
	if err != nil {
		return fmt.Errorf("read the plan: %w", err)
	}
	return nil
}

// skip goes over a value of any kind, of which no more than one text is in memory.
func (d *decoder) skip() error {
	for depth := 0; ; {
		token, err := d.in.Token()
		if err != nil {
			return fmt.Errorf("read the plan: %w", err)
		}
		switch token {
		case json.Delim('{'), json.Delim('['):
			depth++
		case json.Delim('}'), json.Delim(']'):
			depth--
		}
		if depth == 0 {
			return nil
		}
	}
}
