package rego

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"sync/atomic"

	"github.com/open-policy-agent/opa/v1/ast"
	oparego "github.com/open-policy-agent/opa/v1/rego"
	"github.com/open-policy-agent/opa/v1/storage"
	"github.com/open-policy-agent/opa/v1/storage/inmem"

	"github.com/terrace-idp/terrace/internal/governance/policy"
	"github.com/terrace-idp/terrace/internal/kernel"
)

// Set is a set of policies that were compiled and whose queries are prepared.
// It may be used by many at once; all that changes is what it remembers of resources.
type Set struct {
	rules    []rule
	compiler *ast.Compiler
	store    storage.Store
	native   bool
	kept     *kept
	// program says of most rules what Rego would, in less time.
	program *program
	// replaces says that policies put other values in the place of the input or of data.
	replaces bool
	// notices are about the policies, whatever they are asked.
	notices []policy.Notice
	// exceptions are queries of the packages that make exceptions, by package.
	exceptions map[string]oparego.PreparedEvalQuery
	// stuck is the task that was left behind.
	stuck atomic.Pointer[task]
}

// rule is a policy with its query.
type rule struct {
	policy.Policy
	query oparego.PreparedEvalQuery
	// planned is it in the program of the set; nil where Rego is asked.
	planned *function
	// number is its place in the set.
	number int
	// single says that it judges resource by resource.
	single bool
}

// Compile compiles folders into one set. Packages of the library that a folder
// has itself are that folder's. Its error is of kind Invalid and has each
// mistake with file, line and column.
func Compile(ctx context.Context, library policy.Folder, folders ...policy.Folder) (*Set, error) {
	return inTime(ctx, func() (*Set, error) { return compile(ctx, library, folders) })
}

func compile(ctx context.Context, library policy.Folder, folders []policy.Folder) (*Set, error) {
	b, policies, err := load(library, folders)
	if err != nil {
		return nil, err
	}
	s := &Set{compiler: b.compiler, store: b.store, native: b.native, replaces: replaces(b.modules), kept: newKept(), exceptions: map[string]oparego.PreparedEvalQuery{}}
	s.notices = sorted(b.notices)
	single := b.single()
	for _, p := range policies {
		q, err := s.prepare(ctx, p.Package, p.Rule)
		if err != nil {
			return nil, fmt.Errorf("preparing %s: %w", p.ID, err)
		}
		s.rules = append(s.rules, rule{Policy: p, query: q, number: len(s.rules), single: b.native && single.policy(p.Package, p.Rule)})
	}
	for _, pkg := range b.excepting() {
		if s.exceptions[pkg], err = s.prepare(ctx, pkg, "exception"); err != nil {
			return nil, fmt.Errorf("preparing exceptions of %s: %w", pkg, err)
		}
	}
	return s, s.assemble(ctx, b.data)
}

// load reads and compiles folders, and tells what policies they have.
func load(library policy.Folder, folders []policy.Folder) (*built, []policy.Policy, error) {
	b, err := build(library, folders, false, true)
	if err != nil {
		return nil, nil, err
	}
	if err := b.compile(); err != nil {
		return nil, nil, err
	}
	policies, problems := b.policies()
	if len(problems) > 0 {
		return nil, nil, invalid(problems)
	}
	return b, policies, nil
}

// replaces reports whether modules put other values in the place of what they are asked about.
func replaces(modules map[string]*ast.Module) bool {
	found := false
	for _, m := range modules {
		ast.WalkWiths(m, func(*ast.With) bool { found = true; return true })
	}
	return found
}

// assemble makes the program of the set.
func (s *Set) assemble(ctx context.Context, data map[string]any) error {
	base, err := ast.InterfaceToValue(data)
	if err != nil {
		return fmt.Errorf("the data of the policies: %w", err)
	}
	refs := make([]ast.Ref, 0, len(s.rules))
	for _, r := range s.rules {
		ref, err := refOf(r.Package, r.Rule)
		if err != nil {
			return err
		}
		refs = append(refs, ref)
	}
	s.program = s.planned(ctx, base, refs)
	for i, ref := range refs {
		s.rules[i].planned = s.program.rule(ref)
	}
	return nil
}

// Policies returns the policies of the set, by id.
func (s *Set) Policies() []policy.Policy {
	policies := make([]policy.Policy, 0, len(s.rules))
	for _, r := range s.rules {
		policies = append(policies, r.Policy)
	}
	return policies
}

func (s *Set) prepare(ctx context.Context, pkg, name string) (oparego.PreparedEvalQuery, error) {
	ref, err := refOf(pkg, name)
	if err != nil {
		return oparego.PreparedEvalQuery{}, err
	}
	query := ast.NewBody(ast.NewExpr(ast.NewTerm(ref)))
	options := []func(*oparego.Rego){
		oparego.Compiler(s.compiler), oparego.Store(s.store), oparego.ParsedQuery(query),
		oparego.GenerateJSON(func(t *ast.Term, _ *oparego.EvalContext) (any, error) { return told(t.Value) }),
	}
	if s.native {
		options = append(options, functions()...)
	}
	return oparego.New(options...).PrepareForEval(ctx)
}

func refOf(pkg, name string) (ast.Ref, error) {
	ref, err := ast.ParseRef("data." + pkg)
	return ref.Append(ast.StringTerm(name)), err
}

// built is what the compiler made of folders.
type built struct {
	modules  map[string]*ast.Module
	compiler *ast.Compiler
	store    storage.Store
	data     map[string]any
	// sources tells the folder of each file, contents what it has.
	sources  map[string]string
	contents map[string][]byte
	// native says that functions of the library are called in Go.
	native  bool
	notices []policy.Notice
}

// prepareBuiltins puts bounds around Open Policy Agent's functions, once for the process.
func prepareBuiltins() {
	offered.Do(func() {
		oparego.RegisterPlugin(planTarget, plans{})
		bound()
	})
}

func build(library policy.Folder, folders []policy.Folder, tests, native bool) (*built, error) {
	prepareBuiltins()
	b := &built{sources: map[string]string{}, contents: map[string][]byte{}}
	modules, problems := b.parse(library, folders, tests)
	data, wrong := merge(folders)
	if problems = append(problems, wrong...); len(problems) > 0 {
		return nil, invalid(problems)
	}
	b.modules, b.data, b.store = modules, data, inmem.NewFromObject(data)
	b.native = native && b.knows(planLibrary, planDigest)
	b.compiler = ast.NewCompiler().WithCapabilities(capabilities(b.native)).WithEnablePrintStatements(tests).
		WithPathConflictsCheck(func(path []string) (bool, error) { return taken(data, path), nil })
	b.compiler = useTexts(b.compiler, data)
	if b.native {
		b.compiler = useNatives(b.compiler)
	}
	return b, nil
}

// compile compiles what was read. Tests are compiled by what runs them.
func (b *built) compile() error {
	if b.compiler.Compile(b.modules); b.compiler.Failed() {
		return invalid(problemsOf(b.compiler.Errors))
	}
	return nil
}

func (b *built) parse(library policy.Folder, folders []policy.Folder, tests bool) (map[string]*ast.Module, []kernel.Problem) {
	modules := map[string]*ast.Module{}
	var problems []kernel.Problem
	own := map[string]bool{}
	for _, folder := range folders {
		files := folder.Modules
		if tests {
			files = slices.Concat(files, folder.Tests)
		}
		parsed, wrong := parse(files)
		problems = append(problems, wrong...)
		b.keep(files)
		for name, m := range parsed {
			modules[name], b.sources[name], own[m.Package.Path.String()] = m, folder.Name, true
		}
	}
	shared, wrong := parse(library.Modules)
	b.keep(library.Modules)
	for name, m := range shared {
		if !own[m.Package.Path.String()] {
			modules[name] = m
		}
	}
	return modules, append(problems, wrong...)
}

func (b *built) keep(files []policy.File) {
	for _, f := range files {
		if _, known := b.contents[f.Name]; !known {
			b.contents[f.Name] = f.Content
		}
	}
}

func invalid(problems []kernel.Problem) error {
	slices.SortFunc(problems, func(a, b kernel.Problem) int {
		return cmp.Or(cmp.Compare(a.File, b.File), cmp.Compare(a.Line, b.Line), cmp.Compare(a.Column, b.Column), cmp.Compare(a.String(), b.String()))
	})
	problems = slices.Compact(problems) // of a package, each of its rules has them
	return kernel.Errorf(kernel.Invalid, "the policies do not compile").WithProblems(problems...)
}
