package state

import (
	"bytes"
	"context"
	"encoding/json"

	"github.com/terrace-idp/terrace/internal/kernel"
)

// Output is one output of a stack's root module.
type Output struct {
	Value     json.RawMessage `json:"value"`
	Sensitive bool            `json:"sensitive"`
}

// Outputs returns the outputs in a version of the stack's state, each value in one
// form of JSON. It is for the parts of Terrace that hand them to other stacks, and
// asks no permission.
func (s *Service) Outputs(ctx context.Context, stack, version string) (map[string]Output, error) {
	v, err := s.Store.Version(ctx, stack, version)
	if err != nil {
		return nil, err
	}
	raw, err := s.load(ctx, v)
	if err != nil {
		return nil, err
	}
	var d struct {
		Outputs map[string]Output `json:"outputs"`
	}
	if err := json.Unmarshal(raw, &d); err != nil {
		return nil, kernel.Errorf(kernel.Internal, "a stored state cannot be read: %w", err)
	}
	for name, o := range d.Outputs {
		var compact bytes.Buffer
		if err := json.Compact(&compact, o.Value); err != nil {
			return nil, kernel.Errorf(kernel.Internal, "the output %s of a stored state cannot be read: %w", name, err)
		}
		o.Value = compact.Bytes()
		d.Outputs[name] = o
	}
	return d.Outputs, nil
}
