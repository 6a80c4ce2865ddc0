package validate

import (
	"github.com/terrace-idp/terrace/internal/fabric/gateway"
	"github.com/terrace-idp/terrace/internal/kernel"
)

// Reference is where a policy has requests be for a version of an API.
type Reference struct {
	// Prefix is what their paths have before those of the document.
	Prefix string
	// Header and Value are what they have besides; empty for nothing.
	Header, Value string
}

// Find returns where the requests of a policy's routes are for a version, as far as it
// stands on the stage.
func (c *Catalog) Find(p gateway.Policy, stage kernel.Scope, api, version string) ([]Reference, error) {
	s, err := read(p)
	if err != nil {
		return nil, err
	}
	known := c.of(stage, api, version)
	var out []Reference
	for _, r := range s.APIs {
		if known == nil || r.API != api || r.Version != version {
			continue
		}
		one := Reference{Prefix: known.doc.base}
		if r.Prefix != nil {
			one.Prefix = *r.Prefix
		}
		if r.Header != nil {
			one.Header, one.Value = r.Header.Name, r.Header.Value
		}
		out = append(out, one)
	}
	return out, nil
}
