package policy

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"slices"

	"github.com/terrace-idp/terrace/internal/kernel"
)

// Index tells of policies that are not compiled what is needed to know whether
// they have to be: file, id, rule, levels and the types that they look at.
type Index []Policy

// line is a policy in an index.
type line struct {
	File      string   `json:"file"`
	ID        string   `json:"id"`
	Rule      string   `json:"rule"`
	Level     Level    `json:"level"`
	Floor     Level    `json:"floor,omitempty"`
	Resources []string `json:"resources"`
}

// ReadIndex reads what Write wrote.
func ReadIndex(content []byte) (Index, error) {
	var index Index
	for d := json.NewDecoder(bytes.NewReader(content)); ; {
		var l line
		switch err := d.Decode(&l); {
		case errors.Is(err, io.EOF):
			return index, nil
		case err != nil:
			return nil, kernel.Errorf(kernel.Internal, "the index of policies: %w", err)
		}
		index = append(index, Policy{File: l.File, ID: l.ID, Rule: l.Rule, Level: l.Level, Floor: l.Floor, Resources: l.Resources})
	}
}

// IndexOf is the index of policies that were compiled.
func IndexOf(policies []Policy) Index { return slices.Clone(Index(policies)) }

// From is the index with its policies of a source.
func (x Index) From(source string) Index {
	all := slices.Clone(x)
	for i := range all {
		all[i].Source = source
	}
	return all
}

// Described is the index with what a table of controls says of its policies.
func (x Index) Described(t Table) Index {
	all := slices.Clone(x)
	for i, p := range all {
		if c, known := t[p.ID]; known {
			all[i].Title, all[i].Severity, all[i].Fix, all[i].Controls = c.Title, c.Severity, c.Fix, c.Frameworks
		}
	}
	return all
}

// Write is the index as a file, a policy a line.
func (x Index) Write() ([]byte, error) {
	var text bytes.Buffer
	e := json.NewEncoder(&text)
	for _, p := range x {
		if err := e.Encode(line{File: p.File, ID: p.ID, Rule: p.Rule, Level: p.Level, Floor: p.Floor, Resources: p.Resources}); err != nil {
			return nil, kernel.Errorf(kernel.Internal, "the index of policies: %w", err)
		}
	}
	return text.Bytes(), nil
}

// Files are those of the policies that are wanted, by their path.
func (x Index) Files(wanted func(Policy) bool) map[string]bool {
	files := map[string]bool{}
	for _, p := range x {
		if wanted(p) {
			files[p.File] = true
		}
	}
	return files
}

// Only is the folder with these of its modules alone, by their path.
func (f Folder) Only(files map[string]bool) Folder {
	f.Tests = nil
	f.Modules = slices.DeleteFunc(slices.Clone(f.Modules), func(m File) bool { return !files[m.Path] })
	return f
}
