package graph

import (
	"bytes"
	"encoding/json"
	"fmt"
)

// UnmarshalJSON reads a definition; its whole numbers become int64, as
// ParseDefinition makes them, and not float64.
func (d *Definition) UnmarshalJSON(b []byte) error {
	type plain Definition
	decoder := json.NewDecoder(bytes.NewReader(b))
	decoder.UseNumber()
	if err := decoder.Decode((*plain)(d)); err != nil {
		return fmt.Errorf("definition: %w", err)
	}
	numbers(d.Inputs)
	numbers(d.Outputs)
	for _, r := range d.Resources {
		numbers(r.Params)
	}
	return nil
}

// numbers replaces each json.Number by its value.
func numbers(v any) any {
	switch v := v.(type) {
	case json.Number:
		if n, err := v.Int64(); err == nil {
			return n
		}
		f, _ := v.Float64()
		return f
	case []any:
		for i := range v {
			v[i] = numbers(v[i])
		}
	case map[string]any:
		for k := range v {
			v[k] = numbers(v[k])
		}
	}
	return v
}
