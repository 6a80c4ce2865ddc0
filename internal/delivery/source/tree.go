package source

import (
	"context"
	"fmt"
	"path"
	"slices"
	"strings"

	"github.com/terrace-idp/terrace/internal/delivery/graph"
	"github.com/terrace-idp/terrace/internal/delivery/stage"
	"github.com/terrace-idp/terrace/internal/delivery/workload"
	"github.com/terrace-idp/terrace/internal/kernel"
)

// The bounds of a tree.
const (
	maxObjects  = 2000
	maxFile     = 1 << 20
	maxComplete = 4 << 20
)

// files are those of a commit.
type files interface {
	Files(ctx context.Context, commit, folder string) ([]string, error)
	Read(ctx context.Context, commit, path string, limit int) ([]byte, error)
}

// wanted is an object as its file has it.
type wanted struct {
	Key

	file     string
	src      []byte
	digest   kernel.Digest
	problems []kernel.Problem
	stage    stage.Stage
	workload *workload.Workload
}

// tree is what the files of a commit ask for.
type tree struct {
	commit, path string
	wanted       []wanted
	// problems are those of files that are no object.
	problems []kernel.Problem
	// missing says why nothing may be taken as removed: there is no file at all.
	missing string
}

// find returns what is wanted of an object, nil where its file is gone.
func (t *tree) find(k Key) *wanted {
	for i := range t.wanted {
		if t.wanted[i].Key == k {
			return &t.wanted[i]
		}
	}
	return nil
}

type reader struct {
	source Source
	files  files
	tree   *tree
}

// readTree reads the layout of a commit. A file that is wrong becomes problems
// at its place, and stops no other.
func readTree(ctx context.Context, n Source, from files, commit string) (*tree, error) {
	r := &reader{source: n, files: from, tree: &tree{commit: commit, path: n.Path}}
	all, err := from.Files(ctx, commit, n.Path)
	if err != nil {
		return nil, err
	}
	folders := map[string]bool{}
	for _, file := range all {
		below := strings.TrimPrefix(strings.TrimPrefix(file, n.Path), "/")
		r.layout(below, folders)
	}
	if len(r.tree.wanted) > maxObjects {
		return nil, kernel.Errorf(kernel.TooLarge, "the repository has more than %d objects", maxObjects).WithFix("divide it over several sources")
	}
	r.unscored(folders)
	switch {
	case len(all) == 0 && n.Path != "":
		r.tree.missing = "there is no folder " + n.Path + " at " + short(commit)
	case len(r.tree.wanted) == 0:
		r.tree.missing = "there is no stage, definition or workload at " + short(commit)
	}
	for i := range r.tree.wanted {
		if err := r.read(ctx, &r.tree.wanted[i]); err != nil {
			return nil, err
		}
	}
	slices.SortStableFunc(r.tree.wanted, func(a, b wanted) int { return compareKeys(a.Key, b.Key) })
	return r.tree, nil
}

func short(commit string) string { return commit[:min(12, len(commit))] }

// layout sorts one file into the layout; folders are those of workloads.
func (r *reader) layout(file string, folders map[string]bool) {
	parts := strings.Split(file, "/")
	project := r.source.Project
	switch {
	case isNote(path.Base(file)) && !inWorkload(parts, project):
	case len(parts) == 1:
		r.stray(parts[0], file)
	case parts[0] == "stages" || parts[0] == "definitions":
		r.flat(parts, file)
	case project == "" && parts[0] == "projects":
		r.workloadFile(file, parts[1], parts[2:], folders)
	case project != "" && parts[0] == "workloads":
		r.workloadFile(file, project, parts, folders)
	case parts[0] == "projects" || parts[0] == "workloads":
		fix := "put it into workloads/NAME/score.yaml: the source is of the project " + project
		if project == "" {
			fix = "put it into projects/PROJECT/workloads/NAME/score.yaml"
		}
		r.problem(file, "it has no place in the layout of this source", fix)
	default:
		r.stray(parts[0], file)
	}
}

func isNote(name string) bool {
	return strings.HasPrefix(name, ".") || strings.HasSuffix(strings.ToLower(name), ".md") || name == "LICENSE" || name == "CODEOWNERS"
}

func inWorkload(parts []string, project string) bool {
	return project == "" && len(parts) > 4 && parts[0] == "projects" || project != "" && len(parts) > 2 && parts[0] == "workloads"
}

// stray refuses what is nearly a name of the layout; all else at the top is the
// repository's own.
func (r *reader) stray(name, file string) {
	for _, near := range []string{"stage", "definition", "project", "workload", "stages.yaml", "definitions.yaml", "score.yaml"} {
		if strings.EqualFold(name, near) || strings.EqualFold(name, near+"s") {
			r.problem(file, "it has no place in the layout", "use stages/NAME.yaml, definitions/NAME.yaml and projects/PROJECT/workloads/NAME/score.yaml")
			return
		}
	}
}

// flat is a file of stages/ or definitions/.
func (r *reader) flat(parts []string, file string) {
	kind, name := StageKind, strings.TrimSuffix(parts[1], ".yaml")
	if parts[0] == "definitions" {
		kind = DefinitionKind
	}
	switch {
	case r.source.Project != "":
		r.problem(file, "a source of one project has workloads alone", "make a source for the tenant: terrace source add NAME --tenant")
	case len(parts) != 2 || name == parts[1] || name == "":
		r.problem(file, "it is not read", "name it "+parts[0]+"/NAME.yaml")
	default:
		r.want(Key{Kind: kind, Name: name}, file)
	}
}

// workloadFile is a file of a project's workloads; rest begins with workloads.
func (r *reader) workloadFile(file, project string, rest []string, folders map[string]bool) {
	if len(rest) < 3 || rest[0] != "workloads" {
		r.problem(file, "it is not read", "a project has workloads/NAME/score.yaml with the files that it names")
		return
	}
	folder := strings.TrimSuffix(file, strings.Join(rest[2:], "/"))
	if _, known := folders[folder]; !known {
		folders[folder] = false
	}
	if len(rest) == 3 && rest[2] == "score.yaml" {
		folders[folder] = true
		r.want(Key{Kind: WorkloadKind, Project: project, Name: rest[1]}, file)
	}
}

// unscored tells of folders of workloads without the one file that counts.
func (r *reader) unscored(folders map[string]bool) {
	for folder, has := range folders {
		if !has {
			r.problem(folder+"score.yaml", "there is no such file, and so no workload", "add it, or remove the folder")
		}
	}
	slices.SortFunc(r.tree.problems, func(a, b kernel.Problem) int { return strings.Compare(a.File, b.File) })
}

func (r *reader) full(file string) string { return path.Join(r.source.Path, file) }

func (r *reader) want(k Key, file string) {
	r.tree.wanted = append(r.tree.wanted, wanted{Key: k, file: r.full(file)})
}

func (r *reader) problem(file, message, fix string) {
	r.tree.problems = append(r.tree.problems, kernel.Problem{File: r.full(file), Line: 1, Column: 1, Message: message, Fix: fix})
}

// read reads the content of one object. Its error is one of reading, not of
// what was read.
func (r *reader) read(ctx context.Context, w *wanted) (err error) {
	w.src, err = r.files.Read(ctx, r.tree.commit, w.file, maxFile)
	if refused(err) {
		w.problems = problemsOf(w.file, nil, err)
		return nil
	}
	if err != nil {
		return fmt.Errorf("read %s: %w", w.file, err)
	}
	switch w.Kind {
	case StageKind:
		w.stage, w.problems = readStage(w.file, w.Name, w.src)
		w.digest, err = kernel.DigestJSON(w.stage)
	case DefinitionKind:
		w.digest = kernel.DigestOf(w.src)
		if d, err := graph.ParseDefinition(w.file, w.src); err != nil {
			w.problems = problemsOf(w.file, w.src, err)
		} else if d.Name != w.Name {
			w.misnamed("definition", d.Name, "metadata.name")
		}
	case WorkloadKind:
		return r.score(ctx, w)
	}
	return err
}

// refused reports whether an error is about the content, not about reading it.
func refused(err error) bool {
	return kernel.Is(err, kernel.TooLarge) || kernel.Is(err, kernel.Invalid) || kernel.Is(err, kernel.NotFound) || kernel.Is(err, kernel.Refused)
}

func (w *wanted) misnamed(what, name, at string) {
	line, column := keyAt(w.src, at)
	w.problems = []kernel.Problem{{
		File: w.file, Line: line, Column: column, Path: at,
		Message: fmt.Sprintf("the %s calls itself %q, its place %q", what, name, w.Name), Fix: "use the same name in both places",
	}}
}

// score reads a workload with all the files that it names.
func (r *reader) score(ctx context.Context, w *wanted) error {
	total := len(w.src)
	var broken error
	text, err := workload.Inline(w.file, w.src, func(name string) ([]byte, error) {
		full := path.Join(path.Dir(w.file), name)
		if strings.HasPrefix(full, "../") || path.IsAbs(name) {
			return nil, kernel.Errorf(kernel.Invalid, "%s leads out of the repository", name)
		}
		content, err := r.files.Read(ctx, r.tree.commit, full, maxFile)
		if err != nil && !refused(err) {
			broken = err
		}
		if total += len(content); total > maxComplete {
			return nil, kernel.Errorf(kernel.TooLarge, "%s names more than %d MiB of files", w.file, maxComplete>>20)
		}
		return content, err
	})
	if broken != nil {
		return broken
	}
	if err == nil {
		w.workload, err = workload.Parse(w.file, text)
	}
	if err != nil {
		w.problems = problemsOf(w.file, w.src, err)
		return nil
	}
	w.digest = kernel.DigestOf(w.workload.Canonical())
	if w.workload.Name != w.Name {
		w.misnamed("workload", w.workload.Name, "metadata.name")
		return nil
	}
	w.unbuilt()
	return nil
}

// unbuilt refuses a workload whose image is a folder: that is built where its
// tools are, not in the control plane.
func (w *wanted) unbuilt() {
	for _, name := range w.workload.ContainerNames() {
		image := w.workload.Containers[name].Image
		if image != "." && !strings.HasPrefix(image, "./") && !strings.HasPrefix(image, "../") {
			continue
		}
		line, column := keyAt(w.src, "containers."+name+".image")
		w.problems = append(w.problems, kernel.Problem{
			File: w.file, Line: line, Column: column, Path: "containers." + name + ".image", Message: "an image that is a folder is built by the client, not from a repository",
			Fix: "have your CI build and push an image and name it with its tag, for a first stage with the runtime kubernetes; or let pull requests build it: terrace repo bind --build",
		})
	}
}

func compareKeys(a, b Key) int {
	order := []Kind{StageKind, DefinitionKind, WorkloadKind}
	if d := slices.Index(order, a.Kind) - slices.Index(order, b.Kind); d != 0 {
		return d
	}
	return strings.Compare(a.Project+"/"+a.Name, b.Project+"/"+b.Name)
}
