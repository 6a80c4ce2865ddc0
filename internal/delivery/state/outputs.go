package state

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"errors"

	"github.com/terrace-idp/terrace/internal/kernel"
)

// Output is one output of a stack's root module.
type Output struct {
	// Value is JSON without spaces.
	Value     json.RawMessage `json:"value"`
	Sensitive bool            `json:"sensitive"`
}

// Outputs returns the outputs in a version of the stack's state. It is for the parts
// of Terrace that hand them to other stacks, and asks no permission.
func (s *Service) Outputs(ctx context.Context, stack, version string) (map[string]Output, error) {
	v, err := s.Store.Version(ctx, stack, version)
	if err != nil {
		return nil, err
	}
	state, err := s.load(ctx, v)
	if err != nil {
		return nil, err
	}
	outputs := map[string]Output{}
	w := walker{in: json.NewDecoder(bufio.NewReaderSize(state, readAtOnce))}
	err = w.object(func(key string) error {
		switch key {
		case "outputs":
			return w.in.Decode(&outputs)
		case "resources":
			return w.list(w.skip)
		default:
			return w.skip()
		}
	})
	if err == nil {
		err = w.end()
	}
	if err := errors.Join(err, state.Close()); err != nil {
		return nil, kernel.Errorf(kernel.Internal, "a stored state cannot be read: %w", err)
	}
	return outputs, compact(outputs)
}

// compact gives each value one form.
func compact(outputs map[string]Output) error {
	for name, o := range outputs {
		var value bytes.Buffer
		if err := json.Compact(&value, o.Value); err != nil {
			return kernel.Errorf(kernel.Internal, "the output %s of a stored state cannot be read: %w", name, err)
		}
		o.Value = value.Bytes()
		outputs[name] = o
	}
	return nil
}
