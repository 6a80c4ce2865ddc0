package configfile

import (
	"maps"
	"path"
	"slices"
	"strings"

	"github.com/terrace-idp/terrace/internal/kernel"
	"github.com/terrace-idp/terrace/internal/platform/yamldoc"
)

// The bounds of a project's configuration.
const (
	MaxFile  = 1 << 20
	MaxFiles = 500
	MaxTotal = 8 << 20
	MaxKeys  = 2000
)

// schemaFile has the keys.
const schemaFile = "schema.yaml"

// LayerKind says how specific a layer is.
type LayerKind string

// The layers, from the one that everything overrides to the one that overrides
// everything.
const (
	Schema        LayerKind = "schema"
	Default       LayerKind = "default"
	Stage         LayerKind = "stage"
	Tenant        LayerKind = "tenant"
	Workload      LayerKind = "workload"
	WorkloadStage LayerKind = "workload-stage"
)

// Layers are the kinds of layers in their order: a later one overrides those before.
func Layers() []LayerKind {
	return []LayerKind{Schema, Default, Stage, Tenant, Workload, WorkloadStage}
}

// Place is where something is written.
type Place struct {
	File   string `json:"file"`
	Line   int    `json:"line"`
	Column int    `json:"column"`
}

// Layer is one file of values and flags.
type Layer struct {
	Kind LayerKind
	// Name is that of the stage or the tenant; Workload that of the workload.
	Name, Workload string
	File           string
	values         map[string]value
	flags          map[string]flagAt
}

// Set is the configuration of a project at one revision.
type Set struct {
	keys   map[string]*Key
	layers []*Layer
}

// Options are what files are read against.
type Options struct {
	// Tenant is the one whose file counts among tenants/.
	Tenant string
	// Stages are those that there are; nil does not ask.
	Stages []string
	// Counted says that the files were valid when they were read first: rules that came
	// since take nothing back that counts.
	Counted bool
}

// Read reads files by their paths below the project's folder. All that is wrong is told
// at once, and then there is no set.
func Read(files map[string][]byte, o Options) (*Set, []kernel.Problem) {
	r := &reader{set: &Set{keys: map[string]*Key{}}, options: o}
	src, ok := files[schemaFile]
	if !ok {
		r.problem(schemaFile, "there is no such file, and so no key", "write the keys into it; see the guide's page on configuration")
		return nil, r.problems
	}
	r.document(schemaFile, src, r.schema)
	for _, file := range slices.Sorted(maps.Keys(files)) {
		if file != schemaFile && !Note(file) {
			r.file(file, files[file])
		}
	}
	slices.SortStableFunc(r.set.layers, func(a, b *Layer) int {
		return slices.Index(Layers(), a.Kind) - slices.Index(Layers(), b.Kind)
	})
	if len(r.problems) > 0 {
		return nil, r.problems
	}
	return r.set, nil
}

// Note reports whether a file is for people, and not read.
func Note(file string) bool {
	name := path.Base(file)
	return strings.HasPrefix(name, ".") || strings.HasSuffix(strings.ToLower(name), ".md")
}

type reader struct {
	set      *Set
	options  Options
	problems []kernel.Problem
}

func (r *reader) problem(file, message, fix string) {
	r.problems = append(r.problems, kernel.Problem{File: file, Line: 1, Column: 1, Message: message, Fix: fix})
}

// document reads one file with fn, and keeps its problems.
func (r *reader) document(file string, src []byte, fn func(d *yamldoc.Document)) {
	d, err := yamldoc.Read(file, src)
	if err == nil {
		fn(d)
		err = d.Err(file)
	}
	if err == nil {
		return
	}
	e, ok := err.(*kernel.Error) //nolint:errorlint // yamldoc makes no other
	if !ok || len(e.Problems) == 0 {
		r.problem(file, err.Error(), "")
		return
	}
	r.problems = append(r.problems, e.Problems...)
}

// Keys returns the keys by name.
func (s *Set) Keys() []*Key {
	out := make([]*Key, 0, len(s.keys))
	for _, name := range slices.Sorted(maps.Keys(s.keys)) {
		out = append(out, s.keys[name])
	}
	return out
}

// Key returns a key by its name.
func (s *Set) Key(name string) (*Key, bool) {
	k, ok := s.keys[name]
	return k, ok
}

// Workloads returns the workloads that have a layer or a key of their own, by name.
func (s *Set) Workloads() []string {
	names := map[string]bool{}
	for _, l := range s.layers {
		if l.Workload != "" {
			names[l.Workload] = true
		}
	}
	for _, k := range s.keys {
		for _, w := range k.Workloads {
			names[w] = true
		}
	}
	return slices.Sorted(maps.Keys(names))
}

// FlagKeys returns the keys of the flags of all layers, by name.
func (s *Set) FlagKeys() []string {
	keys := map[string]bool{}
	for _, l := range s.layers {
		for key := range l.flags {
			keys[key] = true
		}
	}
	return slices.Sorted(maps.Keys(keys))
}

// Stages returns the stages that have a layer, by name.
func (s *Set) Stages() []string {
	names := map[string]bool{}
	for _, l := range s.layers {
		if l.Kind == Stage || l.Kind == WorkloadStage {
			names[l.Name] = true
		}
	}
	return slices.Sorted(maps.Keys(names))
}
