package static

import (
	"cmp"
	"context"
	"io/fs"
	"os"
	"slices"
	"strings"
	"time"

	"github.com/hashicorp/hcl/v2"
	"github.com/hashicorp/hcl/v2/hclparse"
	"github.com/hashicorp/hcl/v2/hclsyntax"
	"github.com/zclconf/go-cty/cty/function"

	"github.com/terrace-idp/terrace/internal/governance/cost"
	"github.com/terrace-idp/terrace/internal/kernel"
)

// MaxFile bounds a file, in bytes.
const MaxFile = maxFile

// Options are what a configuration is read with.
type Options struct {
	// Given are values of the root module's variables and files of them, in order: of
	// what is given twice, the last counts.
	Given []Given
	// Environment is KEY=VALUE: TF_VAR_NAME has a variable's value where no file and
	// nothing given has one, TF_WORKSPACE the workspace's name.
	Environment []string
	// Time bounds the evaluation; zero is half a minute, below zero none at all.
	Time time.Duration
}

// Given is the value of a variable, or a file of values.
type Given struct {
	Name, Value string
	// File is relative to the folder; empty for a value.
	File string
	// Text is what is in a file outside of the folder.
	Text []byte
}

// Read evaluates the configuration in a folder of the machine. It returns at once
// when the context ends.
func Read(ctx context.Context, dir string, o Options) (*cost.Set, error) {
	root, err := os.OpenRoot(dir)
	if err != nil {
		return nil, noFolder(dir, err)
	}
	ctx, cancel := context.WithTimeoutCause(ctx, cmp.Or(o.Time, maxTime), errTooLong)
	defer cancel()
	r := &reader{fsys: root.FS(), dir: dir, parser: hclparse.NewParser(), asked: map[string]bool{}, guarded: map[*hclsyntax.Body]bool{}, inJSON: map[string]*hclsyntax.Body{}}
	r.ctx, r.environment, r.outside = ctx, environment(o.Environment), map[string][]byte{}
	type result struct {
		set *cost.Set
		err error
	}
	// Functions of libraries do not look at the context: who waits need not wait for them.
	done := make(chan result, 1)
	go func() {
		defer func() { _ = root.Close() }()
		set, err := r.read(o)
		done <- result{set, err}
	}()
	select {
	case found := <-done:
		return found.set, found.err
	case <-ctx.Done():
		return nil, r.ended()
	}
}

func (r *reader) read(o Options) (*cost.Set, error) {
	r.installed = installed(r.fsys)
	m, err := r.module(".", "", map[string]argument{}, nil)
	if err != nil {
		return nil, err
	}
	if err := m.fill(o); err != nil {
		return nil, err
	}
	if err := m.expand(); err != nil {
		return nil, err
	}
	if err := r.stop(); err != nil {
		return nil, err
	}
	if len(r.problems) > 0 {
		return nil, misunderstood(r.problems)
	}
	set := cost.NewSet(r.found)
	set.Unread, set.Assumed, set.Warnings = r.unread, r.assumed, r.warnings
	return set, nil
}

// reader is what all modules of a configuration share.
type reader struct {
	budget

	fsys      fs.FS
	dir       string
	parser    *hclparse.Parser
	installed map[string]string
	found     []*cost.Resource
	unread    []cost.Unpriced
	assumed   []cost.Assumption
	problems  []kernel.Problem
	warnings  []kernel.Problem
	// asked is every attribute name that expressions read.
	asked map[string]bool
	// guarded are the files whose loops are charged.
	guarded map[*hclsyntax.Body]bool
	// inJSON are the files in that syntax.
	inJSON map[string]*hclsyntax.Body

	functionTable map[string]function.Function

	// outside has files that are not in the folder, by name.
	outside map[string][]byte
	// environment has what of the environment is the configuration's.
	environment map[string]string
}

// wrong notes a mistake of the configuration; evaluation goes on to find others.
func (r *reader) wrong(at hcl.Range, message, fix string) {
	r.tell(kernel.Problem{File: at.Filename, Line: at.Start.Line, Column: at.Start.Column, Message: message, Fix: fix})
}

func (r *reader) tell(p kernel.Problem) {
	if len(r.problems) < maxProblems && !slices.Contains(r.problems, p) {
		r.problems = append(r.problems, p)
	}
}

// diagnosed turns what HCL found into problems with their places.
func diagnosed(diags hcl.Diagnostics) error {
	var problems []kernel.Problem
	for _, d := range diags {
		if d.Severity != hcl.DiagError || len(problems) == maxProblems {
			continue
		}
		p := kernel.Problem{Message: strings.TrimSuffix(d.Summary, ".") + ": " + d.Detail}
		if d.Subject != nil {
			p.File, p.Line, p.Column = d.Subject.Filename, d.Subject.Start.Line, d.Subject.Start.Column
		}
		problems = append(problems, p)
	}
	return misunderstood(problems)
}

func misunderstood(problems []kernel.Problem) error {
	return kernel.Errorf(kernel.Invalid, "the configuration is not understood").WithProblems(problems...)
}
