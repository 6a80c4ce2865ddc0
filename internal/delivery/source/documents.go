package source

import (
	"context"
	"errors"
	"fmt"
	"path"
	"slices"
	"strings"

	"github.com/terrace-idp/terrace/internal/fabric/ownership"
	"github.com/terrace-idp/terrace/internal/kernel"
)

// maxDocuments bounds the files of one folder of documents together, in bytes.
const maxDocuments = 8 << 20

// documentFile is a file below a folder of documents; rest is its place in there.
// All of a folder are one object, since they come about together or not at all.
func (r *reader) documentFile(file string, kind Kind, project string, rest []string) {
	base := rest[len(rest)-1]
	stage := ""
	if rest[0] == "stages" {
		if len(rest) < 3 {
			r.problem(file, "it is of no stage", "put it into stages/STAGE/")
			return
		}
		stage = rest[1]
	}
	if !slices.Contains([]string{".yaml", ".yml", ".json"}, path.Ext(base)) {
		r.problem(file, "it is not read", "name it NAME.yaml or NAME.json")
		return
	}
	if kind == MeshKind && project == "" {
		r.problem(file, "documents of the mesh are of a project", "put it into projects/PROJECT/mesh/")
		return
	}
	key := Key{Kind: kind, Project: project, Name: r.source.Name}
	i := slices.IndexFunc(r.tree.wanted, func(w wanted) bool { return w.Key == key })
	if i < 0 {
		i = len(r.tree.wanted)
		r.want(key, strings.TrimSuffix(file, "/"+strings.Join(rest, "/")))
	}
	w := &r.tree.wanted[i]
	w.documents = append(w.documents, DocumentFile{Name: r.full(file), Stage: stage})
}

// documents reads a folder of documents.
func (r *reader) documents(ctx context.Context, w *wanted) error {
	total := 0
	var all []string
	for i := range w.documents {
		f := &w.documents[i]
		content, err := r.files.Read(ctx, r.tree.commit, f.Name, maxFile)
		if refused(err) {
			w.problems = append(w.problems, problemsOf(f.Name, nil, err)...)
			continue
		}
		if err != nil {
			return fmt.Errorf("read %s: %w", f.Name, err)
		}
		if total += len(content); total > maxDocuments {
			w.problems = append(w.problems, kernel.Problem{File: f.Name, Line: 1, Column: 1, Message: fmt.Sprintf("the folder has more than %d MiB of documents", maxDocuments>>20), Fix: "divide it over several sources"})
			return nil
		}
		f.Source = string(content)
		all = append(all, strings.TrimPrefix(f.Name, w.file), f.Source)
	}
	var err error
	w.digest, err = kernel.DigestJSON(all)
	return err
}

// keeping is what a room is told of a folder's documents.
func (p *planner) keeping(k Key, dry bool) ownership.Keeping {
	return ownership.Keeping{
		Scope: kernel.Scope{Tenant: p.source.Tenant, Project: k.Project}, Owner: ownership.Git(p.source.Name), Commit: p.tree.commit,
		Prune: p.source.Prune, DryRun: dry,
	}
}

// compareDocuments asks the room of a folder of documents what they would change.
func (p *planner) compareDocuments(ctx context.Context, c *Change) error {
	if c.Project != "" {
		if err := p.project(ctx, c); err != nil || c.State == Broken {
			return err
		}
	}
	changes, err := p.keepDocuments(ctx, c.Kind, p.keeping(c.Key, true), c.wanted.documents)
	if problems, ok := problemsOfDocuments(c.File, err); ok {
		c.fail(problems...)
		return nil
	}
	if err != nil {
		return err
	}
	c.Documents, c.Message = changing(changes), count(changes)
	switch known := c.object != nil && c.object.Digest == c.wanted.digest; {
	case len(c.Documents) > 0 && known:
		p.drifted(c, "it was changed by hand")
	case c.object == nil:
		c.Action = Create
	case len(c.Documents) > 0 || !known:
		c.Action = Update
	}
	p.tooManyDocuments(c, changes)
	return nil
}

// count says how many documents a folder has.
func count(changes []Document) string {
	if n := len(changes) - removals(changes); n != 1 {
		return fmt.Sprintf("%d documents", n)
	}
	return "1 document"
}

// changing leaves out what stays as it is.
func changing(all []Document) []Document {
	return slices.DeleteFunc(slices.Clone(all), func(c Document) bool { return c.Outcome == DocumentUnchanged })
}

// tooManyDocuments stops all of a folder where the guard does not let it remove so much.
func (p *planner) tooManyDocuments(c *Change, changes []Document) {
	removed := removals(changes)
	owned := removed
	for _, ch := range changes {
		if ch.Outcome == DocumentUnchanged || ch.Outcome == DocumentChanged {
			owned++
		}
	}
	if held := p.tooMany(removed, owned, "documents"); held != "" {
		c.Action, c.State, c.Message = Nothing, Stopped, held+": nothing of the folder comes about until somebody allows the removal"
		p.diff.Held = held
	}
}

func removals(changes []Document) int {
	n := 0
	for _, c := range changes {
		if c.Outcome == DocumentDeleted {
			n++
		}
	}
	return n
}

// goneDocuments tells what the removal of a folder would delete.
func (p *planner) goneDocuments(ctx context.Context, c *Change) error {
	k := p.keeping(c.Key, true)
	k.Prune = true
	changes, err := p.keepDocuments(ctx, c.Kind, k, nil)
	if err != nil {
		return err
	}
	c.Documents = changes
	if held := p.tooMany(len(changes), len(changes), "documents"); held != "" && p.source.Prune && c.Action == Delete {
		c.Action, c.State, c.Message = Nothing, Stopped, "its files are gone; "+held+": they stay until somebody allows the removal"
		p.diff.Held = held
	}
	return nil
}

func (p *planner) applyDocuments(ctx context.Context, c *Change, o *Object) error {
	changes, err := p.keepDocuments(ctx, c.Kind, p.keeping(c.Key, false), c.wanted.documents)
	if problems, ok := problemsOfDocuments(c.File, err); ok {
		return &unbuilt{problems}
	}
	if err != nil {
		return err
	}
	o.Digest, o.State = c.wanted.digest, Synced
	c.Message = count(changes)
	return nil
}

func (p *planner) removeDocuments(ctx context.Context, c *Change) error {
	k := p.keeping(c.Key, false)
	k.Prune = true
	_, err := p.keepDocuments(ctx, c.Kind, k, nil)
	return err
}

// problemsOfDocuments are those of an error that is about documents, each in its file.
func problemsOfDocuments(folder string, err error) ([]kernel.Problem, bool) {
	e, ok := errors.AsType[*kernel.Error](err)
	if !ok || e.Kind == kernel.Internal || e.Kind == kernel.Unavailable {
		return nil, false
	}
	problems := slices.Clone(e.Problems)
	if len(problems) == 0 {
		problems = []kernel.Problem{{Message: e.Message, Fix: e.Fix}}
	}
	for i := range problems {
		if problems[i].File == "" {
			problems[i].File, problems[i].Line, problems[i].Column = folder, 1, 1
		}
	}
	return problems, true
}
